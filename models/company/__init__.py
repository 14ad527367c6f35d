from . import res_company
from . import account_chart_template
from . import account_payment_method_line
from . import account_payment_term
from . import dunning_holiday
from . import res_company_banner
from . import res_config_settings
