import logging

from odoo import fields, models
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from ...escalation import Reason
from ..base.apart import apart
from ..run.dunning_run_night import NightStep

_logger = logging.getLogger(__name__)


class ResCompany(models.Model):
    _inherit = "res.company"

    dunning_booking_since = fields.Datetime(
        readonly=True, help="Notices sent before the company chose to book what they claim are left alone.",
    )

    def write(self, vals):
        if vals.get("dunning_charge_booking") == "claimed":
            fresh = self.filtered(lambda company: company.dunning_charge_booking != "claimed")
            super(ResCompany, fresh).write({"dunning_booking_since": self.env.cr.now()})
        return super().write(vals)


class DunningNotice(models.Model):
    """A sent notice whose claims are booked: once, after it has left."""

    _inherit = "dunning.notice"

    charges_booked_date = fields.Datetime("Charges Booked On", readonly=True, copy=False)

    def _book_charges(self):
        """Book what this notice claims, up to the day it was computed for; what was charged since is left out."""
        self.charges_booked_date = fields.Datetime.now()
        charges = self.env["dunning.charge"]
        claiming = self.line_ids.filtered(
            lambda line: line.line_id and (line.interest_amount or line.compensation_amount))
        for day, lines in claiming.grouped(lambda line: line.interest_until or self.date).items():
            kinds = {
                line.line_id.id: [kind for kind, amount in (
                    ("interest", line.interest_amount), ("compensation", line.compensation_amount)) if amount]
                for line in lines
            }
            if charges._prepare_charges(lines.line_id, kinds, day):
                charges |= charges._claim(lines.line_id, kinds, day)
        # sudo: the notice of a booked charge is written by this method alone.
        charges.sudo().notice_id = self
        return charges


class DunningRun(models.Model):
    """Book what sent notices claim, in companies that want it so; propose a claim to those who were paid too much."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        steps = super()._get_night_steps()
        if self.company_id.dunning_charge_booking == "claimed":
            steps.append(NightStep(self._book_claimed))
        return steps + [NightStep(self._propose_claims, SQL("EXISTS (%s)", self._get_overpaid_sql()))]

    def _settle(self, followups, today):
        self._dunning_commit()
        self._book_claimed(followups)
        super()._settle(followups, today)

    def _book_claimed(self, followups=None):
        """Book the claims of the notices that have left; one bad customer never stops the others."""
        if self.company_id.dunning_charge_booking != "claimed":
            return
        for notice in self._get_notices_to_book(followups):
            with apart(self.env, _logger, "The charges of notice %s cannot be booked", notice.name,
                       failed=lambda error, notice=notice: self._note_unbooked(notice, error)):
                notice._book_charges()

    def _note_unbooked(self, notice, error):
        notice.invalidate_recordset(["charges_booked_date"])
        notice.followup_id._set_attention(Reason.ERROR, self._get_error_text(error), today=self.date)

    def _get_notices_to_book(self, followups=None):
        """Lock and return the sent notices of this company whose claims were not booked yet."""
        self.env["dunning.notice"].flush_model()
        chosen = SQL("TRUE") if followups is None else SQL("followup_id = ANY(%s)", followups.ids)
        rows = self.env.execute_query(SQL(
            """SELECT id FROM dunning_notice
                WHERE company_id = %s AND state = 'sent' AND is_returned IS NOT TRUE AND charges_booked_date IS NULL
                  AND (amount_interest > 0 OR amount_compensation > 0) AND create_date >= %s AND %s
             ORDER BY id FOR NO KEY UPDATE SKIP LOCKED""",
            self.company_id.id, self.company_id.dunning_booking_since or self.env.cr.now(), chosen,
        ))
        return self.env["dunning.notice"].browse([row[0] for row in rows])

    # --- proposals ------------------------------------------------------------------------------------------------

    def _propose_claims(self):
        """Ask the collector to claim what a customer seems to have paid: credit is left, and charges were announced."""
        followups = self._get_overpaid()
        if not followups:
            return
        lines = self.env["account.move.line"]._get_paid_late_lines(self.company_id, followups.partner_id.ids)
        claims = lines._get_interest_claims(self.date)
        values = self.env["dunning.charge"]._prepare_charges(lines, claims=claims)
        totals = {}
        for vals in values:
            totals[vals["partner_id"]] = totals.get(vals["partner_id"], 0) + vals["amount_company"]
        for followup in followups:
            total = totals.get(followup.partner_id.id)
            if total:
                followup._propose_claim(total)
            followup._write_door({"charge_proposed_credit": followup.amount_credit})

    def _get_overpaid(self):
        """Return follow-ups with an open credit nobody was asked about, whose customer read of interest or
        compensation."""
        return self.env["dunning.followup"].browse(
            [row[0] for row in self.env.execute_query(self._get_overpaid_sql())])

    def _get_overpaid_sql(self):
        self.env["dunning.followup"].flush_model()
        self.env["dunning.notice"].flush_model()
        return SQL(
            """SELECT followup.id FROM dunning_followup followup
                WHERE followup.company_id = %s AND followup.amount_credit > 0
                  AND followup.charge_proposed_credit IS DISTINCT FROM followup.amount_credit
                  AND EXISTS (SELECT FROM dunning_notice notice
                               WHERE notice.followup_id = followup.id AND notice.state = 'sent'
                                 AND (notice.amount_interest > 0 OR notice.amount_compensation > 0))""",
            self.company_id.id,
        )


class DunningFollowup(models.Model):
    _inherit = "dunning.followup"

    def _get_claim_text(self, total):
        """Return what the collector reads when a customer seems to have paid his late-payment charges."""
        return self.env._(
            "An open credit of %(credit)s is left, and %(total)s of late-payment charges were announced and not "
            "claimed. Look at the payment, then press “Claim or Waive”.",
            credit=formatLang(self.env, self.amount_credit, currency_obj=self.currency_id),
            total=formatLang(self.env, total, currency_obj=self.currency_id),
        )

    def _propose_claim(self, total):
        self.ensure_one()
        self.activity_schedule(
            "mail.mail_activity_data_todo", summary=self.env._("Late-payment charges seem to be paid"),
            note=self._get_claim_text(total),
            user_id=(self.user_id or self.company_id.dunning_user_id).id or self.env.uid,
        )
