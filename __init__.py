from . import controllers
from . import models
from . import wizards
from . import demo


def post_init_hook(env):
    """Give the companies that are already there their policies and the accounts to leave out."""
    companies = env["res.company"].search([])
    companies._seed_dunning_policies()
    companies._seed_dunning_accounts()


def uninstall_hook(env):
    """Let go of what companies hold on to, so that everything can be taken away with the module."""
    env["res.company"].with_context(active_test=False).search([]).write({
        "dunning_policy_id": False, "dunning_rejected_policy_id": False})
