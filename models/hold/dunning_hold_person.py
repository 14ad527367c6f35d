from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date

from ...escalation import Reason

MEASURES = [
    ("filed", "File Submitted"),
    ("admissible", "Admissible"),
    ("plan", "Plan or Imposed Measures"),
    ("erased", "Debts Erased"),
    ("refused", "Not Admissible or Withdrawn"),
]
# From the decision that the file is admissible on, what arose before may not be paid and bears no interest.
ADMITTED = ("admissible", "plan", "erased")
# Whoever is dead or protected is written to through somebody else.
STAND_INS = {"death": "estate", "guardianship": "guardian"}


class DunningHold(models.Model):
    """Events in the life of a person: over-indebtedness, death, guardianship, vulnerability. A person decides.

    Over-indebtedness (C. conso. L722-2, L722-5, L722-14): once the file is admissible the consumer may not pay what
    arose before, and it bears no interest. What is erased (L741-2) is proposed for write-off. Later debts are payable.
    """

    _inherit = "dunning.hold"

    measure = fields.Selection(MEASURES, "Over-indebtedness Commission", tracking=True)
    date_admissible = fields.Date(
        "Admissible Since", tracking=True, help="The decision of the commission: from this day on what arose before "
                                                "may not be claimed and bears no interest. Later debts are payable.")
    date_erased = fields.Date("Erased On", tracking=True, help="What arose before this decision is erased, except "
                                                               "against guarantors and joint debtors.")
    reference = fields.Char("File Number")
    date_event = fields.Date("Day of the Event", help="The day of the death, or on which the protection began.")
    stand_in_id = fields.Many2one("res.partner", "Letters Go To", compute="_compute_stand_in")
    stand_in_text = fields.Char("About the Letters", compute="_compute_stand_in")

    is_forbidding = fields.Boolean(compute="_compute_is_forbidding", help="Not even a person may ask for payment.")

    @api.depends("kind", "partner_id", "partner_id.child_ids.dunning_role", "partner_id.child_ids.type")
    @api.depends_context("lang")
    def _compute_stand_in(self):
        for hold in self:
            role = STAND_INS.get(hold.kind)
            contact = hold.partner_id._get_dunning_stand_in() if role else hold.partner_id.browse()
            hold.stand_in_id = contact.filtered(lambda one, role=role: one.dunning_role in (role, "estate"))
            hold.stand_in_text = bool(role) and hold._get_stand_in_text()

    def _get_stand_in_text(self):
        """Say what is missing before anybody can be written to, or nothing."""
        contact = self.stand_in_id
        if contact and not contact._has_dunning_address():
            return self.env._("%(name)s has no address of his own: choose another type of address on the contact, and "
                              "enter it.", name=contact.name)
        if contact:
            return False
        if self.kind == "death":
            return self.env._("Nobody can be written to: add the notary or an heir to the contacts of the customer, "
                              "with his role in dunning.")
        return self.env._("Add the guardian or curator to the contacts of the customer, with his role in dunning: "
                          "what is not told to him does not bind the customer.")

    @api.depends("kind", "measure", "stand_in_id", "date_judgment")
    def _compute_is_forbidding(self):
        for hold in self:
            hold.is_forbidding = hold.kind == "insolvency" and bool(hold.date_judgment) \
                or hold.kind == "over_indebtedness" and hold.measure in ADMITTED \
                or hold.kind == "death" and not hold.stand_in_id

    def _get_refusal(self):
        """Say why not even a person may ask this customer for payment."""
        if self.kind == "death":
            return self._get_stand_in_text()
        return self.env._(
            "%(customer)s: what arose before %(date)s may not be claimed (%(reason)s). What was delivered later may.",
            customer=self.partner_id.display_name, date=format_date(self.env, self.date_judgment),
            reason=self.env["dunning.followup"]._get_reason_label(Reason(self.kind).value))

    @api.constrains("measure", "date_admissible", "date_erased", "date_event")
    def _check_measure(self):
        for hold in self:
            today = hold._get_today()
            if any(day and day > today for day in (hold.date_admissible, hold.date_erased, hold.date_event)):
                raise ValidationError(self.env._("A decision or an event that is noted is not in the future."))
            if hold.measure in ADMITTED and not hold.date_admissible:
                raise ValidationError(self.env._("Enter the day on which the file was declared admissible."))
            if hold.measure == "erased" and not (hold.date_erased and hold.date_erased >= hold.date_admissible):
                raise ValidationError(self.env._("Enter the day on which the debts were erased, after the file was "
                                                 "declared admissible."))

    # --- what it holds --------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        holds = super().create(vals_list)
        holds._apply_event()
        return holds

    def write(self, vals):
        result = super().write(vals)
        if {"measure", "date_admissible", "date_erased"} & vals.keys():
            self._apply_event()
        return result

    @api.model
    def _prepare_hold_vals(self, vals):
        if vals.get("kind") == "over_indebtedness":
            vals["measure"] = vals.get("measure") or ("admissible" if vals.get("date_admissible") else "filed")
        return super()._prepare_hold_vals(vals)

    def _apply_event(self):
        """Hold what arose before the last decision; take back what is on its way to somebody who is not to be asked.

        What arose between the admission and the erasure is erased, too.
        """
        for hold in self.filtered(lambda one: one.kind == "over_indebtedness"):
            day = hold.measure in ADMITTED and hold.date_admissible
            if hold.measure == "erased":
                day = hold.date_erased
            if hold.date_judgment != day:
                # sudo: it follows from the decision of the commission.
                hold.sudo().write({"date_judgment": day})
        running = self.filtered(lambda one: one.is_reviewed and one.state == "running")
        running._cancel_notices()
        running._stop_answers()

    def _cancel_notices(self):
        """Take back the notices on their way that name something held."""
        for hold in self:
            # sudo: an event stops notices, whoever prepared them.
            notices = hold.sudo().followup_id.notice_ids.filtered(
                lambda one: one.state in ("draft", "to_approve", "ready", "failed"))
            wrong = notices.filtered(lambda one, hold=hold: one.line_ids.line_id & hold._filter_held(
                one.line_ids.line_id))
            wrong.filtered(lambda one: one.state == "failed")._write_door({"state": "draft"})
            wrong._set_cancelled(hold._get_refusal() if hold.date_judgment else hold._get_announcement())

    def _stop_answers(self):
        """What is forbidden cannot be promised: promises and plans about it end without any consequence."""
        for hold in self.filtered("is_forbidding"):
            for name in ("dunning.promise", "dunning.plan"):
                # sudo: answers of a colleague end, too.
                answers = self.env[name].sudo()
                found = answers.search([
                    ("followup_id", "=", hold.followup_id.id), ("state", "in", answers._open_states)])
                found.filtered(lambda one, hold=hold: hold._filter_held(one.line_ids.line_id))._set_cancelled(
                    hold._get_refusal() if hold.date_judgment else hold._get_announcement())

    def _filter_held(self, lines):
        """Return those of these receivables that this hold is about."""
        self.ensure_one()
        if not self.is_whole_customer:
            return lines & self.line_ids.line_id
        ours = lines.filtered(lambda line: line.partner_id.commercial_partner_id == self.partner_id)
        return ours.filtered(lambda line: not self.date_judgment or line._get_dunning_origin() < self.date_judgment)

    # --- the end --------------------------------------------------------------------------------------------------

    def action_end(self):
        """Nothing is written to the dead: somebody must stand in before dunning goes on."""
        for hold in self.filtered(lambda one: one.kind == "death" and one.state == "running"):
            if not hold.stand_in_id and hold.followup_id.line_count:
                raise UserError(hold._get_stand_in_text())
        return super().action_end()

    def action_write_off(self):
        """Propose to write off what was erased, and show the cases."""
        self.ensure_one()
        self.check_access("write")
        if self.measure != "erased":
            raise UserError(self.env._("Only debts that were erased are given up here."))
        lines = self._get_erased_lines()
        if not lines:
            raise UserError(self.env._("Nothing is open that arose before %(date)s.",
                                       date=format_date(self.env, self.date_erased)))
        cases = self.env["dunning.litigation"]._propose_write_off(lines, self.env._(
            "Debts erased on %(date)s (over-indebtedness)", date=format_date(self.env, self.date_erased)))
        return cases._get_list_action()

    def _get_erased_lines(self):
        """Return what is open of what arose before the decision that erased it."""
        lines = self.env["account.move.line"]
        found = lines.search(lines._get_dunning_domain(self.company_id) & fields.Domain(
            "partner_id.commercial_partner_id", "=", self.partner_id.id))
        return found.filtered(lambda line: line.amount_residual > 0 and line._get_dunning_origin() < self.date_erased)

    def action_open_partner(self):
        """Open the customer, where the guardian, notary or heir is added."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def _get_chip_text(self):
        """Add what the commission decided."""
        text = super()._get_chip_text()
        if self.kind == "over_indebtedness" and self.measure:
            measure = dict(self._fields["measure"]._description_selection(self.env))[self.measure]
            return f"{text} ({measure})"
        return text


class AccountMoveLine(models.Model):
    """When a claim arose, and how long it bears interest."""

    _inherit = "account.move.line"

    def _get_dunning_origin(self):
        """Return the day on which this claim arose: that of the delivery, else of the invoice."""
        self.ensure_one()
        return self.move_id.delivery_date or self.move_id.invoice_date or self.date

    @api.model
    def _get_interest_suspensions(self, line_ids):
        """What arose before the file was admissible bears no interest from that day on."""
        suspensions = super()._get_interest_suspensions(line_ids)
        lines = self.browse(line_ids)
        # sudo: interest is computed for whoever sees the invoice.
        holds = self.env["dunning.hold"].sudo().search([
            ("kind", "=", "over_indebtedness"), ("state", "in", ("running", "ended")), ("measure", "in", ADMITTED),
            ("company_id", "in", lines.company_id.root_id.ids),
            ("partner_id", "in", lines.partner_id.commercial_partner_id.ids)]) if line_ids else []
        for hold in holds:
            for line in hold._filter_held(lines.sudo()):
                suspensions.setdefault(line.id, []).append(
                    (hold.date_admissible, hold.date_ended or None, None, self.env._("Over-indebtedness")))
        return suspensions


class DunningNotice(models.Model):
    """Nothing is asked of whom the law protects, not even by hand, and letters name whom they are for."""

    _inherit = "dunning.notice"

    @api.model
    def _prepare_manual(self, lines):
        """Leave out what may not be claimed; refuse when nothing else is left.

        :raises UserError: all of it arose before a judgment or a decision, or the customer is dead
        """
        # sudo: a hold of a colleague counts too.
        holds = self.env["dunning.hold"].sudo().search([
            ("state", "=", "running"), ("company_id", "in", lines.company_id.root_id.ids),
            ("partner_id", "in", lines.partner_id.commercial_partner_id.ids)]).filtered("is_forbidding")
        forbidden = lines.browse()
        for hold in holds:
            forbidden |= hold._filter_held(lines)
        if forbidden and not lines - forbidden:
            raise UserError("\n".join(hold._get_refusal() for hold in holds if hold._filter_held(lines)))
        return super()._prepare_manual(lines - forbidden)

    def _copy_addressee(self):
        """Name guardian, notary or heir, and below him the customer he stands in for."""
        result = super()._copy_addressee()
        for notice in self.filtered(lambda one: one.contact_id._is_dunning_stand_in()):
            translated = notice._in_customer_language().env
            words = translated._("For the estate of %(name)s", name=notice.partner_id.name) \
                if notice.contact_id.dunning_role == "estate" else \
                translated._("As guardian or curator of %(name)s", name=notice.partner_id.name)
            address = notice.contact_id._display_address(without_company=True)
            lines = [words, *(line for line in address.splitlines() if line.strip())]
            notice.write({"addressee": notice.contact_id.name, "address": "\n".join(lines)})
        return result
