from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date, formatLang


class DunningChargeWizard(models.TransientModel):
    """Shows what receivables bear for lateness, to claim it in the books or to waive it with a reason."""

    _name = "dunning.charge.wizard"
    _inherit = ["dunning.dialog"]
    _description = "Claim or Waive Late-Payment Charges"

    company_id = fields.Many2one("res.company", "Legal Entity", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    day = fields.Date("Computed Until", required=True, readonly=True)
    reason = fields.Char("Reason of a Waiver", help="Why the charges are given up. It stays with them.")
    line_ids = fields.One2many("dunning.charge.wizard.line", "wizard_id")
    summary = fields.Char(compute="_compute_summary")
    left_out_text = fields.Char(compute="_compute_summary")
    void_text = fields.Char(compute="_compute_void_text")
    charge_ids = fields.Many2many("dunning.charge", readonly=True)
    error_text = fields.Text(readonly=True)

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("line_ids.with_interest", "line_ids.with_compensation")
    def _compute_summary(self):
        for wizard in self:
            chosen = wizard.line_ids.filtered(lambda line: line._get_kinds())
            totals = {}
            for line in chosen:
                for currency, amount in line._get_chosen_amounts():
                    totals[currency] = totals.get(currency, 0) + amount
            wizard.summary = bool(chosen) and self.env._(
                "%(amounts)s on %(count)s invoice(s) of %(customers)s customer(s)", count=len(chosen.move_id),
                amounts=" + ".join(formatLang(self.env, amount, currency_obj=currency)
                                   for currency, amount in totals.items()),
                customers=len(chosen.partner_id),
            )
            left_out = wizard.line_ids.filtered(lambda line: not (line.interest or line.compensation))
            wizard.left_out_text = bool(left_out) and self.env._(
                "%(count)s invoice(s) bear nothing that can be claimed; the last column says why.",
                count=len(left_out.move_id))

    @api.depends("line_ids.is_waiver_void", "line_ids.with_interest", "line_ids.with_compensation")
    def _compute_void_text(self):
        for wizard in self:
            void = wizard.line_ids.filtered(lambda line: line.is_waiver_void and line._get_kinds())
            wizard.void_text = bool(void) and self.env._(
                "A waiver towards %(customers)s is void by law: claim these amounts, or untick them to leave them "
                "unclaimed.",
                customers=", ".join(void.partner_id.mapped("display_name")))

    # --- opening --------------------------------------------------------------------------------------------------

    @api.model
    def _create_for(self, lines):
        """Return the wizard over these receivables of one legal entity, computed until today."""
        companies = lines.company_id.root_id
        if len(companies) != 1:
            raise UserError(self.env._("Choose posted customer invoices of one company."))
        day = companies._get_dunning_today()
        wizard = self.create({"company_id": companies.id, "day": day})
        self.env["dunning.charge.wizard.line"]._create_rows(wizard, lines, day)
        return wizard

    @api.model
    def _open_for(self, lines):
        """Return the window that shows what these receivables bear."""
        if not lines:
            raise UserError(self.env._(
                "There is nothing to claim or waive: no posted customer invoice is overdue or was paid late."))
        wizard = self._create_for(lines)
        return {
            "type": "ir.actions.act_window", "name": self.env._("Claim or Waive Late-Payment Charges"),
            "res_model": self._name, "res_id": wizard.id, "view_mode": "form", "views": [(False, "form")],
            "target": "new", "context": {"dialog_size": "extra-large"},
        }

    @api.model
    def action_open_paid_late(self):
        """List by customer what invoices that were paid late bear and nobody has claimed or waived."""
        company = self.env.company.root_id
        lines = self.env["account.move.line"]._get_paid_late_lines(company)
        wizard = self.create({"company_id": company.id, "day": company._get_dunning_today()})
        self.env["dunning.charge.wizard.line"]._create_rows(wizard, lines, wizard.day)
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_charge_wizard_line_action")
        return action | {"domain": [("wizard_id", "=", wizard.id)]}

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_claim(self):
        """Book what is ticked: one customer invoice per customer and currency."""
        self.ensure_one()
        if not self.charge_ids:  # a second click shows what the first one did
            lines, kinds = self._get_chosen()
            self._claim_chosen(lines, kinds)
        return self._open_charges()

    def _claim_chosen(self, lines, kinds):
        """Claim all at once, or, when that fails for somebody, customer by customer."""
        try:
            with self.env.cr.savepoint():
                self.charge_ids = self.env["dunning.charge"]._claim(lines, kinds, self.day)
        except (UserError, ValidationError):
            if len(lines.partner_id.commercial_partner_id) == 1:
                raise
            self.charge_ids = False
            self._claim_by_customer(lines, kinds)

    def _claim_by_customer(self, lines, kinds):
        """Claim customer by customer: what keeps one from being booked never stops the others."""
        errors = {}
        for customer, owed in lines.grouped(lambda line: line.partner_id.commercial_partner_id).items():
            try:
                with self.env.cr.savepoint():
                    self.charge_ids |= self.env["dunning.charge"]._claim(owed, kinds, self.day)
            except (UserError, ValidationError) as error:
                errors[customer] = error
        if not self.charge_ids:
            raise next(iter(errors.values()))
        self.error_text = "\n".join(self.env._("%(customer)s: %(error)s", customer=customer.display_name, error=error)
                                    for customer, error in errors.items())

    def action_waive(self):
        """Give up what is ticked, with the reason."""
        self.ensure_one()
        if not self.charge_ids:
            lines, kinds = self._get_chosen()
            self.charge_ids = self.env["dunning.charge"]._waive(lines, self.reason, kinds, self.day)
        return self._open_charges()

    def _get_chosen(self):
        """Return the ticked receivables and {line id: kinds}; what was computed must still be true."""
        chosen = self.line_ids.filtered(lambda line: line._get_kinds())
        if not chosen:
            raise UserError(self.env._("Tick the interest or the compensation of at least one invoice."))
        claims = chosen.line_id._get_interest_claims(self.day)
        changed = chosen.filtered(lambda line: line._is_changed(claims.get(line.line_id.id)))
        if changed:
            raise UserError(self.env._(
                "The amounts of %(names)s changed since they were shown: a payment came in, or a colleague was faster. "
                "Open this window again.", names=", ".join(changed.move_id.mapped("name"))))
        return chosen.line_id, {line.line_id.id: line._get_kinds() for line in chosen}

    def _open_charges(self):
        moves = self.charge_ids.charge_move_id
        if moves and self.error_text:
            return {
                "type": "ir.actions.client", "tag": "display_notification", "params": {
                    "type": "warning", "sticky": True, "message": self.error_text,
                    "title": self.env._("Not everything could be claimed"),
                    "next": self.charge_ids._get_move_action(moves),
                },
            }
        if moves:
            return self.charge_ids._get_move_action(moves)
        action = self.env["ir.actions.act_window"]._for_xml_id("account_dunning.dunning_charge_action")
        return action | {"domain": [("id", "in", self.charge_ids.ids)], "context": {}}


class DunningChargeWizardLine(models.TransientModel):
    """What one receivable bears for lateness, as computed when the window was opened."""

    _name = "dunning.charge.wizard.line"
    _inherit = ["dunning.dialog"]
    _description = "Late-Payment Charge to Decide"
    _order = "partner_id, date_due, id"

    wizard_id = fields.Many2one("dunning.charge.wizard", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="wizard_id.company_id")
    line_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="cascade")
    move_id = fields.Many2one("account.move", "Invoice", readonly=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary("Invoiced", readonly=True)
    date_due = fields.Date("Due On", readonly=True)
    date_from = fields.Date("Interest From", readonly=True)
    date_to = fields.Date("Interest Until", readonly=True, help="The day of the last payment, or today.")
    days = fields.Integer(readonly=True, help="Days that bear interest.", aggregator=None)
    interest = fields.Monetary(readonly=True, aggregator=None)
    compensation = fields.Monetary(readonly=True, currency_field="compensation_currency_id", aggregator=None)
    compensation_currency_id = fields.Many2one("res.currency", readonly=True)
    total = fields.Monetary(readonly=True, currency_field="company_currency_id",
                            help="Interest and compensation in the currency of the company.")
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    with_interest = fields.Boolean("Take Interest")
    with_compensation = fields.Boolean("Take Compensation")
    is_waiver_void = fields.Boolean("Waiver Void", readonly=True, help="The law does not let this debtor off.")
    regime_name = fields.Char("Regime", readonly=True)
    problem_text = fields.Char("Left Out Because", readonly=True)
    is_left_out = fields.Boolean(readonly=True)

    @api.model
    def _create_rows(self, wizard, lines, day):
        """Create a row for each of these receivables, computed together."""
        claims = lines._get_interest_claims(day)
        return self.create([
            self._prepare_row(wizard, line, claims[line.id]) for line in lines if line.id in claims
        ])

    @api.model
    def _prepare_row(self, wizard, line, claim):
        company = wizard.company_id
        interest, compensation = float(claim.interest), float(claim.compensation)
        other = claim.compensation_currency or line.currency_id
        total = sum(
            currency._convert(amount, company.currency_id, company, wizard.day)
            for currency, amount in ((line.currency_id, interest), (other, compensation)) if amount)
        return {
            "wizard_id": wizard.id, "line_id": line.id, "move_id": line.move_id.id, "currency_id": line.currency_id.id,
            "partner_id": line.partner_id.commercial_partner_id.id, "amount": line.amount_currency,
            "date_due": line.dunning_due_date, "date_from": claim.first_day, "date_to": claim.until,
            "days": claim.breakdown.days if claim.breakdown and interest else 0, "interest": interest,
            "compensation": compensation, "compensation_currency_id": other.id, "total": total,
            "company_currency_id": company.currency_id.id, "with_interest": interest > 0,
            "with_compensation": compensation > 0, "is_waiver_void": claim.regime.is_waiver_void,
            "regime_name": claim.regime.name, "is_left_out": not (interest or compensation),
            "problem_text": claim.problem_text or (not (interest or compensation) and self._get_nothing_text(claim)),
        }

    @api.model
    def _get_nothing_text(self, claim):
        """Return why a late invoice without any problem bears nothing now."""
        if claim.charged_until:
            return self.env._("Claimed or waived until %(date)s.", date=format_date(self.env, claim.charged_until))
        return self.env._("Nothing is due, or it was claimed or waived already.")

    def _get_kinds(self):
        """Return which kinds of charges are ticked and worth something."""
        return [kind for kind, is_ticked, amount in (
            ("interest", self.with_interest, self.interest),
            ("compensation", self.with_compensation, self.compensation)) if is_ticked and amount]

    def _get_chosen_amounts(self):
        """Return (currency, amount) of what is ticked."""
        amounts = {"interest": (self.currency_id, self.interest),
                   "compensation": (self.compensation_currency_id, self.compensation)}
        return [amounts[kind] for kind in self._get_kinds()]

    def _is_changed(self, claim):
        """Tell whether the ticked amounts are no longer what the books say."""
        kinds = self._get_kinds()
        return (
            not claim
            or "interest" in kinds and self.currency_id.compare_amounts(float(claim.interest), self.interest) != 0
            or "compensation" in kinds
            and self.compensation_currency_id.compare_amounts(float(claim.compensation), self.compensation) != 0
        )

    # --- buttons of the list --------------------------------------------------------------------------------------

    def action_decide(self):
        """Show the chosen rows once more, with their total, to claim or to waive them."""
        lines = self.line_id.exists()
        return self.env["dunning.charge.wizard"]._open_for(lines)

    def action_open_invoice(self):
        self.ensure_one()
        return self.env["dunning.charge"]._get_move_action(self.move_id)
