from . import res_partner
from . import res_partner_banner
from . import account_document_banner
from . import res_partner_consent
