from importlib.util import find_spec

from . import test_dunning_holiday
from . import test_dunning_policy
from . import test_dunning_level
from . import test_dunning_profile
from . import test_res_company
from . import test_res_partner
from . import test_partner_merge
from . import test_dunning_followup
from . import test_dunning_screens
from . import test_account_move
from . import test_dunning_tours
from . import test_dunning_run
from . import test_dunning_opening
from . import test_dunning_import
from . import test_dunning_notice
from . import test_dunning_dispatch
from . import test_escalation
from . import test_escalation_customer
if find_spec("hypothesis"):  # dev/test installs it; without it only the generated examples are missing
    from . import test_escalation_properties
from . import test_security
from . import test_mail_gateway
from . import test_candidates
from . import test_bad_input
from . import test_dunning_letter
from . import test_dunning_template
