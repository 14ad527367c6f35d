from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date

from ...escalation import Reason
from ..policy.dunning_level import LETTER_CHANNELS, PROVEN_CHANNELS
from . import dunning_tracking_number

RETURN_REASONS = [
    ("refused", "Refused"), ("unclaimed", "Not Collected"), ("wrong_address", "Wrong Address"),
]
# The customer was reached and chose not to know: the notice takes effect all the same.
EFFECTIVE_RETURNS = ("refused", "unclaimed")
LEFT_STATES = ("sent", "delivered", "returned")


class DunningDispatch(models.Model):
    """The register: who carried a letter, under which number, and what became of it day by day.

    A letter with proof is deposited, presented, then received or returned. It takes effect on the day it was received,
    else first presented: refused or not collected changes nothing about that, a wrong address everything.
    """

    _inherit = "dunning.dispatch"

    _door_fields = frozenset({
        "date_deposited", "date_presented", "date_received", "date_returned", "return_reason", "date_effective_set",
        "effective_reason", "is_proof_asked", "is_proof_pressed", "proof_activity_id", "provider", "tracking_number",
        "is_number_kept",
    })

    is_proven = fields.Boolean("With Proof", compute="_compute_is_proven", search="_search_is_proven")
    provider = fields.Char("Carrier", readonly=True,
                           help="Who carries or attests it: La Poste, Maileva, AR24, the bailiff…")
    tracking_number = fields.Char("Number", readonly=True, copy=False, index="btree_not_null",
                                  help="Under which the carrier keeps the letter.")
    is_number_kept = fields.Boolean(
        "Keep Any Number", readonly=True, copy=False, help="Take the number although it does not look like one of "
                                                           "this carrier.")
    date_deposited = fields.Date("Deposited On", readonly=True, copy=False)
    date_presented = fields.Date("First Presented On", readonly=True, copy=False)
    date_received = fields.Date("Received On", readonly=True, copy=False)
    date_returned = fields.Date("Returned On", readonly=True, copy=False)
    return_reason = fields.Selection(RETURN_REASONS, "Returned Because", readonly=True, copy=False)
    date_effective_set = fields.Date("Effect Decided", readonly=True, copy=False)
    effective_reason = fields.Char("Why This Day", readonly=True, copy=False)
    date_effective = fields.Date(
        "Takes Effect On", compute="_compute_date_effective", store=True,
        help="The day it was received, else first presented. A letter that was refused or not collected took effect; "
             "one with a wrong address did not. Interest of consumers counts from the day after.",
    )
    proof_ids = fields.One2many("dunning.dispatch.proof", "dispatch_id", "Proofs")
    has_proof = fields.Boolean("Proven", compute="_compute_has_proof", search="_search_has_proof")
    is_proof_asked = fields.Boolean("Proof Asked For", readonly=True, copy=False)
    record_text = fields.Text("Record", compute="_compute_record_text", help="What happened, in words.")

    @api.depends("channel")
    def _compute_is_proven(self):
        for dispatch in self:
            dispatch.is_proven = dispatch.channel in PROVEN_CHANNELS

    def _search_is_proven(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        wanted = (True in value) == (operator == "in")
        return [("channel", "in" if wanted else "not in", PROVEN_CHANNELS)]

    @api.depends("proof_ids")
    def _compute_has_proof(self):
        for dispatch in self:
            dispatch.has_proof = bool(dispatch.proof_ids)

    def _search_has_proof(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        wanted = (True in value) == (operator == "in")
        return [("proof_ids", "!=" if wanted else "=", False)]

    @api.depends("channel", "date_presented", "date_received", "date_returned", "return_reason", "date_effective_set")
    def _compute_date_effective(self):
        for dispatch in self:
            dispatch.date_effective = dispatch.is_proven and dispatch._get_effective_day()

    def _get_effective_day(self):
        """Return the day on which this letter took effect, as far as it is known."""
        if self.date_effective_set:
            return self.date_effective_set
        if self.return_reason == "wrong_address":
            return False
        arrived = self.date_received or self.date_presented
        # A letter that nobody collected was presented before it came back, at the latest on that day.
        return arrived or self.return_reason in EFFECTIVE_RETURNS and self.date_returned

    @api.depends("channel", "provider", "tracking_number", "state", "date_sent", "date_deposited", "date_presented",
                 "date_received", "date_returned", "return_reason", "date_effective", "effective_reason")
    @api.depends_context("lang")
    def _compute_record_text(self):
        for dispatch in self:
            dispatch.record_text = dispatch.channel != "call" and "\n".join(dispatch._get_record())

    @api.constrains("tracking_number", "provider", "is_number_kept", "company_id")
    def _check_tracking_number(self):
        for dispatch in self.filtered("tracking_number"):
            number, carrier = dispatch.tracking_number, dispatch.provider or ""
            if not dispatch.is_number_kept and not dunning_tracking_number.is_valid(number, carrier):
                raise ValidationError(self.env._(
                    "“%(number)s” is no number of %(carrier)s: %(customer)s. A registered letter has 13 signs, like "
                    "2C12345678901 or RR123456785FR. Look for a wrong or missing sign, or tick “Keep Any Number”.",
                    number=number, carrier=carrier or self.env._("a post office"),
                    customer=dispatch.partner_id.display_name,
                ))
        self._check_number_once()

    def _check_number_once(self):
        """A number belongs to one letter: twice the same is a slip of the hand."""
        numbered = self.filtered("tracking_number")
        # sudo: a number may belong to a letter of a customer whom this user does not follow.
        for other in self.sudo().search([("tracking_number", "in", numbered.mapped("tracking_number"))]):
            twins = numbered.filtered(lambda one: one != other  # noqa: B023 -- used at once
                                      and one.tracking_number == other.tracking_number  # noqa: B023
                                      and one.company_id == other.company_id)  # noqa: B023
            if twins:
                raise ValidationError(self.env._(
                    "The number %(number)s was given twice: to %(first)s and to %(second)s.",
                    number=other.tracking_number, first=other.display_name, second=twins[0].display_name,
                ))

    # --- doors ----------------------------------------------------------------------------------------------------

    def _has_arrived(self):
        return super()._has_arrived() or self.state == "returned" and self.return_reason in EFFECTIVE_RETURNS

    def _set_sent(self, today):
        """What is posted is deposited on that day; what is handed over is received at once."""
        letters = self.filtered(lambda one: one.state == "pending" and one.channel not in ("email", "call"))
        super()._set_sent(today)
        letters._write_door({"date_deposited": today})
        letters.filtered(lambda one: one.channel == "hand")._set_received(today)

    def _set_carrier(self, provider, number, keep=False):
        """Note who carries the letter and under which number."""
        self.ensure_one()
        self._write_door({"provider": provider, "is_number_kept": keep,
                          "tracking_number": dunning_tracking_number.normalize(number) or False})

    def _set_presented(self, day):
        """It was at the door for the first time."""
        letters = self._get_under_way()
        letters._check_day(day, self.env._("presented"), ("date_deposited", "date_sent"),
                           ("date_received", "date_returned"))
        letters._write_door({"date_presented": day})
        letters._note_arrival(self.env._("First presented on %(date)s", date=format_date(self.env, day)))

    def _set_received(self, day):
        """Somebody signed for it. A return noted before was a mistake."""
        letters = self._get_under_way()
        letters._check_day(day, self.env._("received"))
        letters._write_door({"state": "delivered", "date_received": day, "date_returned": False,
                             "return_reason": False, "failure_reason": False})
        letters._note_arrival(self.env._("Received on %(date)s", date=format_date(self.env, day)))

    def _set_returned_because(self, reason, day, presented=False):
        """It came back. Refused or not collected it took effect; with a wrong address it never arrived."""
        letters = self._get_under_way(LETTER_CHANNELS)
        if presented:
            letters._set_presented(presented)
        letters._check_day(day, self.env._("returned"))
        letters._write_door({"state": "sent", "return_reason": reason, "date_returned": day, "date_received": False})
        label = dict(self._fields["return_reason"]._description_selection(self.env))[reason]
        letters._note_arrival(self.env._("Returned on %(date)s: %(reason)s", date=format_date(self.env, day),
                                         reason=label))
        if reason != "wrong_address":
            letters._write_door({"state": "returned", "failure_reason": False})
            return
        for letter in letters:
            letter._set_returned(self.env._(
                "%(channel)s of %(date)s came back: wrong address (%(address)s). Find the new address, correct it on "
                "the customer and send the notice again. Interest that waits for this notice has not begun.",
                channel=letter._get_channel_label(), address=letter.recipient or "-",
                date=format_date(self.env, letter.date_deposited or letter.date_sent)))

    def _set_effective(self, day, reason):
        """A person decides the day on which the letter took effect, and says why."""
        letters = self._get_under_way()
        letters._check_day(day, self.env._("effective"), ("date_deposited", "date_sent"))
        letters._write_door({"date_effective_set": day, "effective_reason": reason})
        letters._note_arrival(self.env._("Takes effect on %(date)s, as decided: %(reason)s",
                                         date=format_date(self.env, day), reason=reason))

    def _get_under_way(self, channels=PROVEN_CHANNELS):
        """Return these letters when all have left; say which have not."""
        waiting = self.filtered(lambda one: one.channel not in channels or one.state not in LEFT_STATES)
        if waiting:
            raise UserError(self.env._(
                "These are no letters with proof that were deposited: %(names)s.",
                names=", ".join(waiting.mapped("display_name"))) if channels == PROVEN_CHANNELS else self.env._(
                "These were not posted or sent yet: %(names)s.", names=", ".join(waiting.mapped("display_name"))))
        return self

    def _check_day(self, day, what, after=("date_deposited", "date_sent", "date_presented"), before=()):
        """Refuse days that cannot be: in the future, or in the wrong order with what was noted before."""
        if not day:
            raise UserError(self.env._("Enter the day it was %(what)s.", what=what))
        for letter in self:
            if day > letter.company_id._get_dunning_today():
                raise UserError(self.env._("It cannot have been %(what)s on %(date)s: that day has not come.",
                                           what=what, date=format_date(self.env, day)))
            earlier = [letter[name] for name in after if letter[name] and letter[name] > day]
            later = [letter[name] for name in before if letter[name] and letter[name] < day]
            if earlier or later:
                raise UserError(self.env._(
                    "%(name)s cannot have been %(what)s on %(date)s: the register says %(other)s for another of its "
                    "days.", name=letter.display_name, what=what, date=format_date(self.env, day),
                    other=format_date(self.env, max(earlier or later))))

    def _note_arrival(self, text):
        """Keep the event in the discussion of the customer; what took effect counts again."""
        for letter in self:
            letter.followup_id._message_log(body=self.env._(
                "%(letter)s (%(notice)s): %(event)s.", letter=letter._get_number_text(),
                notice=letter.notice_id.name, event=text))
        back = self._get_own().filtered("date_effective").notice_id.filtered("is_returned")
        back._write_door({"is_returned": False})
        back.followup_id._drop_attention(Reason.RETURNED)
        # sudo: levels follow what arrived, whoever reports it.
        back.line_ids.line_id.sudo()._rebuild_dunning_levels()
        self.followup_id._wake()

    # --- words ----------------------------------------------------------------------------------------------------

    def _get_channel_label(self):
        return dict(self._fields["channel"]._description_selection(self.env))[self.channel]

    def _get_number_text(self):
        """Return "Registered Letter 2C12345678901 (La Poste)"."""
        carrier = self.provider and f"({self.provider})"
        return " ".join(filter(None, (self._get_channel_label(), self.tracking_number, carrier)))

    def _get_long_day(self, name):
        return format_date(self.env, self[name], date_format="long")

    def _get_record(self):
        """Return what happened to this letter, one sentence per event, as a bailiff or a judge reads it."""
        days = {name: self._get_long_day(name) for name in (
            "date_deposited", "date_presented", "date_received", "date_returned", "date_effective")}
        env, reasons = self.env, dict(self._fields["return_reason"]._description_selection(self.env))
        return list(filter(None, (
            self._get_number_text(),
            self.date_deposited and env._("Deposited on %(date)s", date=days["date_deposited"]),
            self.date_presented and env._("First presented on %(date)s", date=days["date_presented"]),
            self.date_received and env._("Received on %(date)s", date=days["date_received"]),
            self.date_returned and env._("Returned on %(date)s: %(reason)s", date=days["date_returned"],
                                         reason=reasons.get(self.return_reason, "")),
            self.date_effective_set and env._("Takes effect on %(date)s, as decided: %(reason)s",
                                              date=days["date_effective"], reason=self.effective_reason or ""),
            not self.date_effective_set and self.date_effective and env._(
                "Takes effect on %(date)s", date=days["date_effective"]),
            self.return_reason == "wrong_address" and not self.date_effective and env._(
                "Takes no effect: it never reached the customer"),
        )))
