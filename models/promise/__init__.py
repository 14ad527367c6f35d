from . import res_company_answer
from . import dunning_promise
from . import dunning_promise_limits
from . import dunning_promise_judge
from . import dunning_promise_mail
from . import dunning_promise_followup
