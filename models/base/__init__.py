from . import dunning_door
from . import dunning_setting
from . import dunning_named
from . import dunning_dialog
from . import dunning_answer
from . import ir_attachment
