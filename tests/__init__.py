from . import test_dunning_holiday
from . import test_dunning_policy
from . import test_dunning_level
from . import test_dunning_profile
