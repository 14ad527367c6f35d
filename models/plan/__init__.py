from . import dunning_plan
from . import dunning_plan_line
from . import dunning_plan_instalment
from . import dunning_plan_terms
from . import dunning_plan_document
from . import dunning_plan_watch
from . import dunning_plan_screen
from . import res_company_plan
