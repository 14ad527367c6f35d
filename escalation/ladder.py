"""The ladder: the stages shared by all policies, the steps of one policy and their order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .facts import Case

STAGES = ("none", "preventive", "reminder_1", "reminder_2", "reminder_3", "formal", "litigation", "insolvency")
RANK = {stage: rank for rank, stage in enumerate(STAGES)}
ZERO = Decimal(0)


@dataclass(frozen=True)
class Step:
    """One level of a policy: days from the due date, gap since the previous notice, and its conditions."""

    key: object
    stage: str
    days: int
    gap: int = 0
    latest: int = 0  # days after the due date; 0: no latest day
    channel: str = "email"
    call_mode: str = "none"
    call_days: int = 0
    call_wait: int = 3  # working days that the letter waits for the outcome of the call
    call_minimum: Decimal = ZERO
    minimum: Decimal = ZERO
    new_customer: bool = False
    profiles: frozenset = frozenset()

    @property
    def rank(self) -> int:
        return RANK[self.stage]

    @property
    def is_written(self) -> bool:
        return self.channel != "call"

    def is_open_to(self, case: Case, owed: Decimal) -> bool:
        """Tell whether this step is meant for that customer; a preventive step needs one of its conditions only."""
        if self.stage != "preventive":
            return owed >= self.minimum
        conditions = [owed >= self.minimum] if self.minimum else []
        conditions += [case.new_customer] if self.new_customer else []
        conditions += [case.profile in self.profiles] if self.profiles else []
        return any(conditions) or not conditions


@dataclass(frozen=True)
class Policy:
    """The ladder: steps in their order."""

    key: object
    steps: tuple[Step, ...] = ()

    @cached_property
    def positions(self) -> dict:
        return {step.key: position for position, step in enumerate(self.steps)}

    def after(self, key, stage: str) -> tuple[Step, ...]:
        """Return the steps that follow one already taken.

        A level of another policy compares by its stage: the ladder goes on at the first step above it.
        """
        if key in self.positions:
            return self.steps[self.positions[key] + 1:]
        return tuple(step for step in self.steps if step.rank > RANK[stage])
