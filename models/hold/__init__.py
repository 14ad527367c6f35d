from . import dunning_hold
from . import dunning_hold_followup
from . import dunning_hold_person
