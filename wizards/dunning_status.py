from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import email_normalize, format_amount
from odoo.tools.misc import format_date

from ..models.receivable.account_move_status import STATUSES

PAID_DAYS = 5  # working days that a payment on its way may take
REVIEW_DAYS = 90
# What the day means, and what it begins with: working days from today.
DAYS = {"promise": 5, "blocked": 10}
NEEDS_DAY = ("paid", "promise", "blocked", "insolvency")


class DunningStatus(models.TransientModel):
    """What a customer said, in one gesture: the right record, an e-mail to look at, and what comes next."""

    _name = "dunning.status"
    _inherit = ["dunning.dialog"]
    _description = "Change of Status"

    followup_id = fields.Many2one("dunning.followup", "Customer", required=True, readonly=True)
    company_id = fields.Many2one(related="followup_id.company_id")
    partner_id = fields.Many2one(related="followup_id.partner_id", string="Commercial Entity")
    line_ids = fields.One2many("dunning.status.line", "wizard_id", "Invoices")
    currency_id = fields.Many2one("res.currency", compute="_compute_chosen")
    amount_chosen = fields.Monetary("Ticked", compute="_compute_chosen")
    status = fields.Selection(STATUSES, "The Customer", required=True, default="promise")
    comment = fields.Char("In His Words", help="Facts only: the customer may ask for a copy of what is kept about him.")
    source = fields.Selection([("call", "Phone Call"), ("mail", "E-mail"), ("other", "Other")], "Said By",
                              required=True, default="call")
    date = fields.Date(compute="_compute_date", store=True, readonly=False)
    amount = fields.Monetary("Only a Part", help="Empty: all that is ticked.")
    reason_id = fields.Many2one("dunning.dispute.reason", "What Is Contested")
    contact_id = fields.Many2one("res.partner", "Right Contact")
    contact_name = fields.Char("Name")
    contact_email = fields.Char("E-mail")
    contact_phone = fields.Char("Phone")
    delivery_status = fields.Selection(
        [("rejected", "Rejected"), ("refused", "Refused"), ("suspended", "Suspended"), ("approved", "Approved"),
         ("payment_sent", "Payment sent")],
        "Status on the Portal", help="What Chorus Pro or another platform says of these invoices.",
    )
    date_judgment = fields.Date("Judgment Of", help="What arose before this day is held; later invoices go on.")
    with_email = fields.Boolean("Answer by E-mail", help="You read and change it before it leaves.")

    activity_type_id = fields.Many2one(
        "mail.activity.type", "Next Action", domain="[('res_model', 'in', [False, 'dunning.followup'])]",
        default=lambda self: self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False),
    )
    activity_date = fields.Date("On", compute="_compute_activity_date", store=True, readonly=False)
    activity_user_id = fields.Many2one("res.users", "By", domain="[('share', '=', False)]",
                                       default=lambda self: self.env.user)
    activity_note = fields.Char("What to Do")

    # Words of the e-mail, in the language of the customer.
    lang = fields.Char(compute="_compute_words")
    salutation = fields.Char(compute="_compute_words")
    invoices_text = fields.Char("Invoices Named, for a Subject", compute="_compute_words")
    invoice_names = fields.Char("Invoice Numbers", compute="_compute_words")
    is_singular = fields.Boolean("One Invoice Only", compute="_compute_words")
    date_text = fields.Char("Day in Full", compute="_compute_words")
    signature_html = fields.Html("Signature", compute="_compute_words", sanitize=False)

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("line_ids.is_chosen")
    def _compute_chosen(self):
        for wizard in self:
            chosen = wizard.line_ids.filtered("is_chosen")
            currency = (chosen.currency_id or wizard.line_ids.currency_id)[:1]
            wizard.currency_id = currency or wizard.company_id.currency_id
            wizard.amount_chosen = sum(chosen.filtered(
                lambda line, wizard=wizard: line.currency_id == wizard.currency_id).mapped("amount_residual"))

    @api.depends("status", "followup_id")
    def _compute_date(self):
        for wizard in self:
            company = wizard.company_id or self.env.company
            today = company._get_dunning_today()
            if wizard.status == "insolvency":
                wizard.date = today + timedelta(days=REVIEW_DAYS)
            else:
                wizard.date = company._get_dunning_calendar().add_working_days(today, DAYS.get(wizard.status, 0))

    @api.depends("status", "date")
    def _compute_activity_date(self):
        """The next action is the day after what the customer said would happen."""
        for wizard in self:
            company = wizard.company_id or self.env.company
            calendar, today = company._get_dunning_calendar(), company._get_dunning_today()
            if wizard.status == "paid":
                wizard.activity_date = calendar.add_working_days(max(wizard.date or today, today), PAID_DAYS + 1)
            elif wizard.status in NEEDS_DAY and wizard.date:
                wizard.activity_date = calendar.add_working_days(wizard.date, 1)
            else:
                wizard.activity_date = calendar.add_working_days(today, 5)

    @api.depends("line_ids.is_chosen", "date", "followup_id")
    def _compute_words(self):
        for wizard in self:
            words = self.env["dunning.notice"].new({
                "followup_id": wizard.followup_id.id, "company_id": wizard.company_id.id,
                "partner_id": wizard.partner_id.id, "lang": wizard._get_recipient().lang or wizard.partner_id.lang,
                "user_id": (wizard.followup_id.user_id or self.env.user).id,
            })
            names = list(dict.fromkeys(line.name for line in wizard.line_ids.filtered("is_chosen") if line.name))
            wizard.lang = words.lang
            wizard.salutation = words.salutation
            wizard.invoices_text = words._get_invoices_text(names)
            wizard.invoice_names = words._join_words(names)
            wizard.is_singular = len(names) == 1
            wizard.date_text = words._format_long_date(wizard.date)
            wizard.signature_html = words.signature_html

    # --- opening --------------------------------------------------------------------------------------------------

    @api.model
    def _open(self, followup, ticked=None):
        """Return the window with all that is open for a customer; what is overdue is ticked unless told otherwise."""
        lines = followup.open_line_ids.filtered(lambda line: line.amount_residual > 0).sorted(
            lambda line: (line.dunning_due_date, line.id))
        if not lines:
            raise UserError(self.env._("%(customer)s owes nothing: there is nothing to say about it.",
                                       customer=followup.partner_id.display_name))
        today = followup.company_id._get_dunning_today()
        if ticked is None:
            ticked = lines.filtered(lambda line: line.dunning_due_date < today)
        wizard = self.create({
            "followup_id": followup.id,
            "line_ids": [Command.create({"line_id": line.id, "is_chosen": line in ticked}) for line in lines],
        })
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "res_id": wizard.id, "target": "new",
            "name": self.env._("What did %(customer)s say?", customer=followup.partner_id.display_name),
            "views": [(False, "form")],
        }

    # --- applying -------------------------------------------------------------------------------------------------

    def action_apply(self):
        """Note what the customer said: the right record, the status on the invoices, the next action."""
        self.ensure_one()
        lines = self.line_ids.filtered("is_chosen").line_id
        if not lines:
            raise UserError(self.env._("Tick the invoices that the customer spoke of."))
        if self.status in NEEDS_DAY and not self.date:
            raise UserError(self.env._("Give the day."))
        record = self._record(lines)
        today = self.company_id._get_dunning_today()
        lines.move_id._set_dunning_status(self.status, self.comment, today)
        self._log(lines)
        self._plan_next_action()
        self.followup_id.action_mark_read()
        if self.status == "plan":
            return record.action_open()
        if self.status == "promise" and self.with_email:
            return record.action_confirm()
        if self.with_email or self.status == "copy":
            return self._compose(lines)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _record(self, lines):
        """Return the record that follows from what was said, if any. Override to add a status."""
        if self.status == "paid":
            return self._record_paid(lines)
        if self.status == "promise":
            return self.env["dunning.promise"]._create_for(
                lines, self.date, amount=self.amount or None, source=self.source, comment=self.comment)
        if self.status == "dispute":
            return self._record_dispute(lines)
        if self.status == "plan":
            return self.env["dunning.plan"]._create_for(lines, comment=self.comment)
        if self.status == "recipient":
            return self._record_contact()
        if self.status == "blocked":
            return self._record_blocked(lines)
        if self.status == "insolvency":
            return self._record_insolvency()
        if self.status == "other" and not self.comment:
            raise UserError(self.env._("Note what the customer said."))
        return None

    def _record_paid(self, lines):
        """Wait for a payment that is on its way; one that is still to be made is a promise."""
        today = self.company_id._get_dunning_today()
        if self.date > today:
            raise UserError(self.env._("A payment still to be made is a promise: choose “Promises to pay”."))
        end = self.company_id._get_dunning_calendar().add_working_days(today, PAID_DAYS)
        return self.env["dunning.hold"]._create_for(lines, "hold", end, comment=self.comment, name=self.env._(
            "Payment announced, made on %(date)s", date=format_date(self.env, self.date)))

    def _record_insolvency(self):
        """Count the days to declare the claim once the judgment is known; a rumour only holds the customer."""
        running = self.followup_id.insolvency_ids.filtered(lambda one: one.state in ("open", "declared", "admitted"))
        if running or not self.date_judgment:
            return running[:1].hold_id or self.env["dunning.hold"]._create_for(
                self.followup_id, "insolvency", self.date, comment=self.comment,
                name=self.env._("Insolvency proceedings"))
        proceedings = self.env["dunning.insolvency"].create({
            "partner_id": self.partner_id.id, "company_id": self.company_id.id, "comment": self.comment,
            "date_judgment": self.date_judgment, "user_id": self.env.uid})
        proceedings.hold_id.date_review = self.date
        return proceedings.hold_id

    def _record_dispute(self, lines):
        if not self.reason_id:
            raise UserError(self.env._("Say what the customer contests."))
        return self.env["dunning.dispute"]._create_for(
            lines, self.reason_id, self._spread(lines), source=self.source, comment=self.comment)

    def _spread(self, lines):
        """Return {line id: part} of an amount that is less than the whole, the oldest invoice first."""
        if not self.amount:
            return None
        left, amounts = self.amount, {}
        for line in lines.sorted(lambda one: (one.dunning_due_date, one.id)):
            amounts[line.id] = min(left, line.amount_residual_currency)
            left = line.currency_id.round(left - amounts[line.id])
        if left > 0:
            raise UserError(self.env._("%(amount)s is more than what is ticked.",
                                       amount=format_amount(self.env, self.amount, self.currency_id)))
        if not all(amounts.values()):
            raise UserError(self.env._("Tick only the invoices that this amount concerns."))
        return amounts

    def _record_contact(self):
        """Make the right contact the one whom reminders are written to."""
        contact = self.contact_id
        if not contact and not self.contact_name:
            raise UserError(self.env._("Choose the right contact, or give a name."))
        if contact and contact.commercial_partner_id != self.partner_id:
            raise UserError(self.env._("%(name)s is no contact of this customer.", name=contact.display_name))
        if self.contact_email and not email_normalize(self.contact_email):
            raise UserError(self.env._("%(email)s is no e-mail address.", email=self.contact_email))
        # sudo: whoever works a follow-up may say whom to write to, without the right to keep contacts.
        partners = self.env["res.partner"].sudo()
        partners.search([("commercial_partner_id", "=", self.partner_id.id),
                         ("dunning_role", "=", "accounts_payable")]).dunning_role = False
        values = {"dunning_role": "accounts_payable"}
        reached = {"email": self.contact_email, "phone": self.contact_phone}
        values |= {name: value for name, value in reached.items() if value}
        if contact:
            contact.sudo().write(values)
            return contact
        return partners.create({
            "name": self.contact_name, "parent_id": self.partner_id.id, "type": "contact",
            "lang": self.partner_id.lang, **values})

    def _record_blocked(self, lines):
        """Hold what is stuck in the customer's process until a day, and keep the status of the portal."""
        if self.delivery_status:
            lines.move_id.write({"dunning_delivery_status": self.delivery_status,
                                 "dunning_delivery_date": self.company_id._get_dunning_today()})
        return self.env["dunning.hold"]._create_for(lines, "hold", self.date, comment=self.comment, name=self.env._(
            "Blocked in the customer's process or on a portal"))

    def _log(self, lines):
        """Write what was said where the customer is discussed."""
        status = dict(self._fields["status"]._description_selection(self.env))[self.status]
        names = ", ".join(dict.fromkeys(line.move_id.name or "" for line in lines))
        # sudo: the note is made in the name of the user, who may not write on the discussion of a colleague.
        self.followup_id.sudo()._message_log(
            author_id=self.env.user.partner_id.id, body=self.env._(
                "%(status)s. %(names)s. %(comment)s", status=status, names=names, comment=self.comment or ""))

    def _plan_next_action(self):
        if not self.activity_type_id:
            return
        status = dict(self._fields["status"]._description_selection(self.env))[self.status]
        self.followup_id.activity_schedule(
            activity_type_id=self.activity_type_id.id, date_deadline=self.activity_date,
            user_id=(self.activity_user_id or self.env.user).id, summary=self.activity_note or status,
            note=self.comment or False)

    # --- the e-mail -----------------------------------------------------------------------------------------------

    def _get_recipient(self):
        """Return whom the e-mail goes to: the new contact when there is one."""
        if self.status == "recipient" and self.contact_id:
            return self.contact_id
        return self.partner_id._get_dunning_recipient("accounts_payable")

    def _compose(self, lines):
        """Show the e-mail before it goes; the answer lands on the follow-up."""
        template = self.env.ref("account_dunning.mail_template_status").sudo()
        words = template._generate_template(self.ids, ("subject", "body_html"))[self.id]
        company = self.company_id
        sender = email_normalize(company.dunning_email or company.email or "")
        files = []
        if self.status == "copy":
            moves = lines.move_id.filtered(lambda move: move.move_type == "out_invoice")
            found = self.env["dunning.notice"]._get_invoice_files(dict.fromkeys(moves, self.followup_id))
            files = [found[move.id] for move in moves if move.id in found]
        return {
            "type": "ir.actions.act_window", "res_model": "mail.compose.message", "target": "new",
            "name": self.env._("Answer %(customer)s", customer=self.partner_id.display_name),
            "view_mode": "form", "views": [(False, "form")],
            "context": {
                "default_model": "dunning.followup", "default_res_ids": self.followup_id.ids,
                "default_composition_mode": "comment", "default_subject": words["subject"],
                "default_body": words["body_html"], "default_partner_ids": self._get_recipient().ids,
                "default_attachment_ids": [Command.set(files)],
                "default_email_layout_xmlid": "mail.mail_notification_light",
                **({"default_email_from": f'"{company.name}" <{sender}>'} if sender else {}),
            },
        }


class DunningStatusLine(models.TransientModel):
    """An open item that the customer may have spoken of."""

    _name = "dunning.status.line"
    _inherit = ["dunning.dialog"]
    _description = "Open Item of a Change of Status"

    wizard_id = fields.Many2one("dunning.status", required=True, ondelete="cascade")
    line_id = fields.Many2one("account.move.line", "Journal Item", required=True, readonly=True)
    is_chosen = fields.Boolean("Ticked")
    name = fields.Char("Number", compute="_compute_name")
    due_date = fields.Date("Due On", related="line_id.dunning_due_date")
    days_late = fields.Integer(related="line_id.dunning_days_late")
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount_residual = fields.Monetary("Outstanding", related="line_id.amount_residual_currency")
    status = fields.Selection(related="line_id.move_id.dunning_status", string="Said Last")

    @api.depends("line_id")
    def _compute_name(self):
        for line in self:
            line.name = line.line_id.move_id.name or line.line_id.name


class DunningFollowup(models.Model):
    _inherit = "dunning.followup"

    def action_change_status(self):
        """Note what the customer said about his invoices."""
        self.ensure_one()
        return self.env["dunning.status"]._open(self)


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_dunning_change_status(self):
        """Note what a customer said about these invoices."""
        lines = self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and line.amount_residual > 0)
        followup = self.env["dunning.answer"]._find_followup(lines)
        return self.env["dunning.status"]._open(followup, ticked=lines)
