from . import dunning_profile
from . import dunning_profile_suggestion
from . import dunning_profile_facts
from . import dunning_profile_changed
from . import res_partner_profile
