from . import dunning_notice_channel
from . import dunning_dispatch_register
from . import dunning_dispatch_proof
from . import dunning_dispatch_batch
from . import dunning_dispatch_night
from . import dunning_dispatch_effect
from . import dunning_dispatch_snailmail
