from . import dunning_dispute_reason
from . import dunning_dispute
from . import dunning_dispute_words
from . import dunning_dispute_fact
from . import dunning_dispute_resolve
from . import dunning_dispute_screen
from . import res_company_dispute
