from . import dunning_run
from . import dunning_run_night
from . import dunning_run_work
from . import dunning_run_screen
