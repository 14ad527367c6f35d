from . import dunning_dispatch
from . import dunning_dispatch_call
from . import ir_actions_report
from . import mail_mail
from . import mail_thread
