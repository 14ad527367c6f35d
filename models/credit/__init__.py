from . import dunning_litigation_block
from . import dunning_limitation
from . import res_partner_kyc
from . import dunning_insurance
