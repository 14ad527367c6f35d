from odoo.tools import SQL

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
    _drop_foreign_keys(env)


def _drop_foreign_keys(env):
    """Let the steps, texts and reasons of the module be deleted although notices name them: all of it goes anyway."""
    tables = [model._table for model in env.registry.values()
              if model._original_module == "account_dunning" and not model._abstract]
    keys = env.execute_query(SQL(
        """SELECT referring.relname, link.conname
             FROM pg_constraint link
             JOIN pg_class referring ON referring.oid = link.conrelid
             JOIN pg_class named ON named.oid = link.confrelid
            WHERE link.contype = 'f' AND (referring.relname = ANY(%(tables)s) OR named.relname = ANY(%(tables)s))
              AND referring.relnamespace = current_schema::regnamespace""", tables=tables))
    for table, name in keys:
        env.cr.execute(SQL("ALTER TABLE %s DROP CONSTRAINT %s", SQL.identifier(table), SQL.identifier(name)))
