from . import dunning_followup
from . import dunning_followup_sync
from . import dunning_followup_plan
from . import dunning_followup_screen
from . import res_users
