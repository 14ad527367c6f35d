from . import approval
from . import notice
