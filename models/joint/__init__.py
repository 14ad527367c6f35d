from . import dunning_joint_debtor
from . import dunning_dispatch_joint
from . import dunning_notice_joint
from . import dunning_evidence_joint
