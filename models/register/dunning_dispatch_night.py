from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..policy.dunning_level import PROVEN_CHANNELS
from ..run.dunning_run_night import NightStep
from .dunning_dispatch_register import LEFT_STATES

# An electronic letter waits fifteen days for its addressee, counted from the day after; then its proof is final.
PROOF_DAYS = 16
ARCHIVE_DAYS = 365  # the provider keeps the proof at least one year
LAST_DAYS = 30  # before that year ends, it is asked for once more
ARRIVAL_KINDS = ("presentation", "receipt", "return")


class DunningRun(models.Model):
    """Every night: ask for the proof of each letter that was deposited long enough ago, and before it is lost."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        letters = self.env["dunning.dispatch"]
        waits = self._has("dunning.dispatch", letters._get_proof_domain(self.company_id, self.date))
        return super()._get_night_steps() + [NightStep(self._apart(letters._ask_for_proofs, self.date), waits)]


class DunningDispatch(models.Model):
    """Proofs that are not archived in time are lost."""

    _inherit = "dunning.dispatch"

    proof_activity_id = fields.Many2one("mail.activity", readonly=True, copy=False, ondelete="set null")
    is_proof_pressed = fields.Boolean("Proof Asked For Again", readonly=True, copy=False)
    date_proof_kept = fields.Date(
        "Proof Kept Until", compute="_compute_date_proof_kept",
        help="The provider of electronic registered letters keeps the proof for one year: download it before.")

    @api.depends("channel", "date_deposited")
    def _compute_date_proof_kept(self):
        for letter in self:
            letter.date_proof_kept = letter.channel == "electronic" and letter.date_deposited \
                and letter.date_deposited + timedelta(days=ARCHIVE_DAYS)

    def _ask_for_proofs(self, company, today):
        """Put the archiving of a proof on the agenda of the collector; of electronic ones again before they are lost.

        The receipt of the deposit alone proves no arrival.
        """
        letters = self.search(self._get_proof_domain(company, today))
        last = letters.filtered_domain(self._get_last_domain(today))
        letters._plan_proofs(company, today)
        letters._write_door({"is_proof_asked": True})
        last._write_door({"is_proof_pressed": True})

    @api.model
    def _get_proof_domain(self, company, today):
        """Find the letters whose proof is to be asked for."""
        new = Domain([("is_proof_asked", "=", False), ("date_deposited", "<=", today - timedelta(days=PROOF_DAYS))])
        return (new | self._get_last_domain(today)) & Domain([
            ("company_id", "=", company.id), ("channel", "in", PROVEN_CHANNELS),
            ("proof_ids", "not any", [("kind", "in", ARRIVAL_KINDS)]), ("state", "in", LEFT_STATES),
        ])

    @api.model
    def _get_last_domain(self, today):
        """Find the electronic letters whose proof will soon be lost."""
        return Domain([
            ("is_proof_pressed", "=", False), ("channel", "=", "electronic"),
            ("date_deposited", "<=", today - timedelta(days=ARCHIVE_DAYS - LAST_DAYS))])

    def _plan_proofs(self, company, today):
        manager = company._get_dunning_manager()
        for letter in self:
            user = letter.user_id or letter.followup_id.user_id or manager
            if user:
                letter._ask_for_proof(today, user)

    def _ask_for_proof(self, today, user):
        self._close_proof_activity()
        note = self.env._("The provider keeps the proof for one year: until %(date)s. Download it and attach it to the "
                          "letter; afterwards it is lost.", date=format_date(self.env, self.date_proof_kept)) \
            if self.channel == "electronic" else self.env._("Scan the receipt or the returned envelope.")
        activity = self.followup_id.with_context(mail_notify_force_send=False).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=today, user_id=user.id, note=note,
            summary=self.env._("Archive the proof: %(letter)s, %(notice)s", letter=self._get_number_text(),
                               notice=self.notice_id.name))
        self._write_door({"proof_activity_id": activity.id})

    def _close_proof_activity(self):
        # sudo: the activity may belong to another collector.
        for activity in self.sudo().proof_activity_id.filtered("active"):
            activity.action_feedback()


class DunningDispatchProof(models.Model):
    """A proof of the arrival settles the question for it."""

    _inherit = "dunning.dispatch.proof"

    @api.model_create_multi
    def create(self, vals_list):
        proofs = super().create(vals_list)
        proofs.filtered(lambda one: one.kind in ARRIVAL_KINDS).dispatch_id._close_proof_activity()
        return proofs
