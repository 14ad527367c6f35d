from . import dunning_litigation_block
from . import dunning_limitation
from . import dunning_limitation_warning
from . import dunning_limitation_payment
from . import res_partner_kyc
from . import dunning_insurance
from . import dunning_guarantor
