from . import dunning_stop
from . import dunning_opening
from . import dunning_chased
from . import dunning_import
from . import base_partner_merge
from . import dunning_charge_wizard
from . import dunning_computation
