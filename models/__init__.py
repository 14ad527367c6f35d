# One file per noun of the business; the order is the one of the calls, from facts to actions.
from . import res_company
from . import account_chart_template
from . import account_payment_method_line
from . import account_payment_term
from . import res_partner
from . import dunning_holiday
from . import dunning_policy
from . import dunning_level
from . import dunning_profile
