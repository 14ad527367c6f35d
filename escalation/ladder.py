"""The ladder: the stages shared by all policies, the steps of one policy and their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
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

    @cached_property
    def rank(self) -> int:
        return RANK[self.stage]

    @cached_property
    def is_preventive(self) -> bool:
        return self.stage == "preventive"

    @cached_property
    def is_formal(self) -> bool:
        return self.stage == "formal"

    @cached_property
    def is_written(self) -> bool:
        return self.channel != "call"

    @cached_property
    def delay(self) -> timedelta:
        """The time from the due date to this step. A demand never comes before the day after the due date."""
        return timedelta(days=self.days if self.is_preventive else max(self.days, 1))

    @cached_property
    def call_lead(self) -> timedelta:
        """How long before the letter its phone call is due."""
        call_delay = timedelta(days=self.call_days if self.is_preventive else max(self.call_days, 1))
        return max(self.delay - call_delay, timedelta())

    @cached_property
    def may_be_skipped(self) -> bool:
        """Tell whether time or amounts may open the next step without this one having been taken."""
        return bool(self.is_preventive or self.is_formal or self.latest or self.minimum)

    def get_end(self, due: date) -> date:
        """Return the first day on which this step is skipped: the due date if preventive, else after its latest day.

        >>> Step("L1", "reminder_1", days=7, latest=10).get_end(date(2026, 9, 1))
        datetime.date(2026, 9, 12)
        """
        end = due + timedelta(days=self.latest + 1) if self.latest else date.max
        return min(end, due) if self.is_preventive else end

    def is_meant_for(self, case: Case, owed: Decimal) -> bool:
        """Tell whether this step is meant for that customer; a preventive step needs one of its conditions only."""
        if not self.is_preventive:
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

    def get(self, key) -> Step | None:
        """Return the step of that key, None when it is not one of this policy."""
        return self.steps[self.positions[key]] if key in self.positions else None

    @cached_property
    def _followers(self) -> dict:
        return {}  # a policy serves thousands of receivables, at a handful of levels

    def after(self, key, stage: str) -> tuple[Step, ...]:
        """Return the steps that follow one already taken.

        A level of another policy compares by its stage: the ladder goes on at the first step above it.
        """
        followers = self._followers.get((key, stage))
        if followers is None:
            if key in self.positions:
                followers = self.steps[self.positions[key] + 1:]
            else:
                followers = tuple(step for step in self.steps if step.rank > RANK[stage])
            self._followers[key, stage] = followers
        return followers
