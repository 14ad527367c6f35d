from . import dunning_limitation
from . import res_partner_kyc
