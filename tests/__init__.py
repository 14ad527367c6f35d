from . import test_dunning_holiday
from . import test_dunning_policy
from . import test_dunning_level
from . import test_dunning_profile
from . import test_res_company
from . import test_res_partner
