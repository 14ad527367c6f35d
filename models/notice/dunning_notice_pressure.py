from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# Customs of collectors, stricter with consumers (C. conso. L121-6 and L121-7 forbid insistence).
BUSINESS_CONTACTS, BUSINESS_DAYS = 3, 30
CONSUMER_LETTERS, CONSUMER_CALLS, CONSUMER_DAYS = 2, 1, 14


class DunningNotice(models.Model):
    """How often a customer was contacted lately, over all channels and by hand too.

    The planner itself leaves consumers alone; here a person who prepares a reminder is warned, and for a consumer must
    say why he contacts him once more.
    """

    _inherit = "dunning.notice"

    pressure_text = fields.Char("Contacts Lately", compute="_compute_pressure_text")
    is_pressing = fields.Boolean("Too Many Contacts", compute="_compute_pressure_text")
    pressure_reason = fields.Char(
        "Reason to Contact Anyway", copy=False,
        help="A consumer who received two messages and a call within 14 days is only contacted again for a reason.",
    )

    @api.depends("followup_id", "partner_id", "state")
    @api.depends_context("lang")
    def _compute_pressure_text(self):
        drafts = self.filtered(lambda one: one.state == "draft" and one.followup_id)
        contacts = drafts._get_recent_contacts()
        for notice in self:
            days = contacts.get(notice.followup_id.id, []) if notice in drafts else []
            notice.is_pressing = notice._is_protected() and notice._is_too_much(days)
            notice.pressure_text = notice._get_pressure_sentence(days)

    def _get_recent_contacts(self):
        """Return {follow-up id: [(days ago, is a call)]} of the last thirty days, in one query."""
        contacts = {}
        for company, notices in self.grouped("company_id").items():
            today = company._get_dunning_today()
            self.env["dunning.dispatch"].flush_model(["state", "date_sent", "channel", "followup_id"])
            for followup_id, day, is_call in self.env.execute_query(SQL(
                """SELECT followup_id, date_sent, channel = 'call' FROM dunning_dispatch
                    WHERE followup_id = ANY(%s) AND state IN ('sent', 'delivered') AND date_sent > %s
                      AND joint_debtor_id IS NULL""",
                notices.followup_id.ids, today - timedelta(days=BUSINESS_DAYS),
            )):
                contacts.setdefault(followup_id, []).append(((today - day).days, is_call))
        return contacts

    def _is_protected(self):
        """Consumers, non-professionals and debtors of unknown kind are protected from insistence."""
        return self._get_debtor_kind() not in ("business", "public")

    @api.model
    def _is_too_much(self, contacts):
        recent = [is_call for age, is_call in contacts if age < CONSUMER_DAYS]
        return recent.count(False) >= CONSUMER_LETTERS and recent.count(True) >= CONSUMER_CALLS

    def _get_pressure_sentence(self, contacts):
        if self.is_pressing:
            return self.env._(
                "This consumer received %(letters)s messages and %(calls)s calls within %(days)s days. "
                "Say below why he is contacted again.", days=CONSUMER_DAYS,
                letters=sum(not is_call for age, is_call in contacts if age < CONSUMER_DAYS),
                calls=sum(is_call for age, is_call in contacts if age < CONSUMER_DAYS),
            )
        if not self._is_protected() and len(contacts) >= BUSINESS_CONTACTS:
            return self.env._("This customer was contacted %(count)s times within %(days)s days.",
                              count=len(contacts), days=BUSINESS_DAYS)
        return False

    def action_send(self):
        """Nobody presses a consumer without saying why."""
        pressing = self.filtered(lambda one: one.is_pressing and not (one.pressure_reason or "").strip())
        if pressing:
            raise UserError(self.env._(
                "These consumers were contacted often enough in two weeks: %(names)s. Give a reason on the notice, or "
                "wait.", names=", ".join(pressing.partner_id.mapped("display_name")),
            ))
        for notice in self.filtered("is_pressing"):
            notice.followup_id._message_log(body=self.env._(
                "Contacted once more although it is often enough: %(reason)s", reason=notice.pressure_reason))
        return super().action_send()
