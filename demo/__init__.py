from . import account_demo
from . import dunning_answers
from . import dunning_history
