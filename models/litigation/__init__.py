from . import dunning_litigation_route
from . import dunning_litigation
from . import dunning_litigation_line
from . import dunning_litigation_guard
from . import dunning_litigation_amount
from . import dunning_litigation_write_off
from . import dunning_litigation_document
from . import dunning_litigation_followup
