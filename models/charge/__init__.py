from . import dunning_charge
from . import dunning_charge_book
from . import dunning_charge_report
from . import account_move_charge
from . import res_company_charge
from . import dunning_charge_late
from . import dunning_charge_followup
from . import dunning_charge_night
