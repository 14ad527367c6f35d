from . import controllers
from . import models
from . import wizards
from . import demo


def post_init_hook(env):
    """Give the companies that are already there their policies and the accounts to leave out."""
    companies = env["res.company"].search([])
    companies._seed_dunning_policies()
    companies._seed_dunning_accounts()
