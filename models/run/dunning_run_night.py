from collections.abc import Callable
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL


class NightStep(NamedTuple):
    """One thing that time alone brings about.

    ``waits`` is the SQL condition that something is there for it, None when it looks every night. The condition may
    hold too often, never too seldom.
    """

    work: Callable[[], None]
    waits: SQL | None = None


class DunningRun(models.Model):
    """Each night time alone changes much, and most nights nothing of it: one statement asks for all of that together.

    A night costs the same whether or not a company has plans, disputes or promises, and what is found is done in the
    order of the steps.
    """

    _inherit = "dunning.run"

    def _do_steps(self, steps):
        """Do those steps that have something to do. Each one may bring about what a later one waits for."""
        while steps:
            number = self._find_step(steps)
            if number is None:
                return
            steps[number].work()
            steps = steps[number + 1:]

    def _find_step(self, steps):
        """Return the number of the first step that has something to do, None when there is none."""
        if steps[0].waits is None:
            return 0
        cases = SQL(" ").join(SQL(
            "WHEN %s THEN %s", SQL("TRUE") if step.waits is None else step.waits, number,
        ) for number, step in enumerate(steps))
        return self.env.execute_query(SQL("SELECT CASE %s END", cases))[0][0]

    def _has(self, model, domain):
        """Return the SQL condition that a record of the domain exists, whoever may see it."""
        # sudo: what waits is done for everybody.
        return SQL("EXISTS (%s)", self.env[model].sudo()._search(domain).select(SQL("1")))

    def _apart(self, step, *args):
        """Return a step of work that never stops the night when it fails."""
        return lambda: self._expire_safely(step, *args)
