from . import dunning_insolvency
from . import dunning_insolvency_claim
from . import dunning_insolvency_followup
from . import dunning_insolvency_watch
from . import dunning_insolvency_course
