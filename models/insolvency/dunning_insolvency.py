from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import clean_context, format_date

from ...escalation import Reason, end_of_months

PROCEDURES = [
    ("safeguard", "Safeguard Proceedings"),
    ("receivership", "Receivership"),
    ("liquidation", "Liquidation"),
    ("other", "Other or Foreign Proceedings"),
]
STATES = [
    ("open", "To Declare"), ("declared", "Declared"), ("admitted", "Decided"), ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]
OPEN_STATES = ("open", "declared", "admitted")
REVIEW_DAYS = 90
# Days before a deadline on which somebody is reminded, once each.
REMINDERS = (30, 10, 3)
TITLE_MONTHS = 3  # to claim goods delivered under retention of title (C. com. L624-9)
RELIEF_MONTHS = 6  # to ask for relief when the declaration is late (C. com. L622-26)
# Postcodes of France that are not in Europe, and what they begin with where an address names the territory instead.
OVERSEAS = ("97", "98")
TERRITORIES = {"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976", "BL": "977", "MF": "978",
               "WF": "986", "PF": "987", "NC": "988"}


class DunningInsolvency(models.Model):
    """Insolvency proceedings of a customer: what arose before the judgment is declared, and not claimed any more.

    Beginning one holds the customer for what arose before the judgment; what he buys afterwards is payable when due
    and goes on. Interest ends on the eve of the judgment. The days left to declare the claim are counted.
    """

    _name = "dunning.insolvency"
    _description = "Insolvency Proceedings"
    _inherit = ["mail.thread", "mail.activity.mixin", "dunning.door", "dunning.named"]
    _order = "date_judgment desc, id desc"
    _mail_post_access = "read"

    _door_fields = frozenset({"state", "followup_id", "hold_id", "date_closed", "activity_id", "title_activity_id",
                              "reminded_days", "title_reminded_days", "is_missed"})
    _fixed_fields = frozenset({"company_id", "partner_id"})

    partner_id = fields.Many2one("res.partner", "Customer", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one("res.company", "Creditor", required=True, index=True,
                                 default=lambda self: self.env.company.root_id)
    currency_id = fields.Many2one(related="company_id.currency_id")
    followup_id = fields.Many2one("dunning.followup", "Follow-up", readonly=True, ondelete="restrict", index=True)
    hold_id = fields.Many2one("dunning.hold", readonly=True, ondelete="set null", index="btree_not_null")
    user_id = fields.Many2one("res.users", "Responsible", default=lambda self: self.env.user, tracking=True,
                              domain=[("share", "=", False)], help="Is reminded of the deadlines.")
    procedure = fields.Selection(PROCEDURES, required=True, default="receivership", tracking=True)
    state = fields.Selection(STATES, default="open", required=True, readonly=True, tracking=True, index=True)
    date_judgment = fields.Date(
        "Opening Judgment", required=True, tracking=True,
        help="What was delivered before this day may not be claimed any more, and bears no interest from it. What is "
             "delivered from this day on is payable when due.")
    date_published = fields.Date(
        "Published On", tracking=True, help="The day on which the judgment appeared in the official gazette (BODACC): "
                                            "the time to declare the claim runs from it.")
    court = fields.Char(help="The court that opened the proceedings, e.g. Tribunal de commerce de Lyon.")
    reference = fields.Char(help="The number of the case.")
    representative_id = fields.Many2one(
        "res.partner", "Representative of the Creditors", ondelete="restrict",
        help="The judicial representative or liquidator to whom the claim is declared.")

    months = fields.Integer(
        "Months to Declare", compute="_compute_months", store=True, readonly=False,
        help="Two months from the publication; four when the creditor is established outside metropolitan France, or, "
             "before a court overseas, outside its department or territory (C. com. R622-24). Two are proposed "
             "whenever there is a doubt. Who holds a published security counts from his own notice.")
    deadline = fields.Date(
        "Declare by", compute="_compute_deadline", store=True, readonly=False, tracking=True,
        help="Last day to declare the claim; what counts is the day on which it is posted. It is not moved to a "
             "working day: earlier is safe. It is called missed only when the next working day has passed, too "
             "(CPC 642). For other or foreign proceedings enter the day that the court named.")
    has_title = fields.Boolean(
        "Retention of Title", help="Goods that are not paid were delivered under retention of title: they can be "
                                   "claimed back within three months of the publication.")
    date_title = fields.Date("Claim Goods back by", compute="_compute_date_title", store=True)
    date_relief = fields.Date("Relief from Foreclosure by", compute="_compute_date_title", store=True)
    is_title_claimed = fields.Boolean("Goods Claimed back", tracking=True)
    security = fields.Char(help="Pledge, privilege or other security of the claim. Empty: the claim is unsecured.")
    days_left = fields.Integer(compute="_compute_countdown")
    countdown = fields.Char(compute="_compute_countdown")
    title_countdown = fields.Char(compute="_compute_countdown")
    is_urgent = fields.Boolean(compute="_compute_countdown")

    date_declared = fields.Date("Declared On", tracking=True)
    amount_declared = fields.Monetary(tracking=True)
    document = fields.Binary("Declaration as Sent", attachment=True, help="With the proof that it was received.")
    document_name = fields.Char()
    result = fields.Selection(
        [("full", "Admitted"), ("part", "Admitted in Part"), ("rejected", "Rejected")], tracking=True)
    amount_admitted = fields.Monetary(tracking=True)
    outcome = fields.Selection(
        [("paid", "Paid"), ("plan", "Paid by the plan"), ("part", "Paid in part"), ("nothing", "Nothing to expect")],
        tracking=True, help="How the proceedings ended for us.")
    date_closed = fields.Date("Closed On", readonly=True)
    comment = fields.Text(help="Facts only: the customer may ask for a copy of what is kept about him.")
    activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")
    title_activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")
    reminded_days = fields.Integer(readonly=True, help="The last reminder of the declaration, in days before.")
    title_reminded_days = fields.Integer(readonly=True, help="The last reminder of the goods, in days before.")
    is_missed = fields.Boolean("Deadline Missed", readonly=True)

    # --- computes -------------------------------------------------------------------------------------------------

    @api.depends("procedure", "partner_id", "date_judgment")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for one in self:
            one.display_name = " · ".join(filter(None, (one.partner_id.display_name, one._get_procedure_label())))

    @api.depends("company_id", "partner_id")
    def _compute_months(self):
        for one in self:
            one.months = 4 if one._is_creditor_far() else 2

    @api.depends("date_published", "months", "procedure", "date_relief_granted")
    def _compute_deadline(self):
        """A time in months ends on the day of the same number, or on the last day of a shorter month.

        After relief from foreclosure half of it runs from the day on which the creditor was told (C. com. L622-24).
        """
        for one in self:
            if one.procedure == "other":
                one.deadline = one.deadline
            elif one.date_relief_granted:
                one.deadline = end_of_months(one.date_relief_granted, max(1, one.months // 2))
            else:
                one.deadline = one.date_published and end_of_months(one.date_published, one.months)

    @api.depends("date_published", "procedure", "has_title")
    def _compute_date_title(self):
        for one in self:
            day = one.procedure != "other" and one.date_published
            one.date_title = day and one.has_title and end_of_months(day, TITLE_MONTHS)
            one.date_relief = day and end_of_months(day, RELIEF_MONTHS)

    @api.depends("deadline", "date_title", "is_title_claimed", "state")
    @api.depends_context("lang")
    def _compute_countdown(self):
        for one in self:
            today = one._get_today()
            one.days_left = (one.deadline - today).days if one.deadline else 0
            one.countdown = one.state == "open" and one._get_countdown(today)
            one.is_urgent = one.state == "open" and (not one.deadline or one.days_left <= REMINDERS[0])
            one.title_countdown = one.state in OPEN_STATES and one.date_title and not one.is_title_claimed \
                and one._get_title_countdown(today)

    def _get_countdown(self, today):
        """Return how long the claim can still be declared."""
        if not self.deadline:
            return self.env._("Enter the day of publication: the time to declare the claim runs from it.")
        day = format_date(self.env, self.deadline)
        if self.deadline == today:
            return self.env._("Today is the last day to declare the claim.")
        if self.deadline > today:
            return self.env._("%(count)s days left to declare the claim: until %(date)s.", count=self.days_left,
                              date=day)
        if not self._is_over(self.deadline, today):
            return self.env._("The claim should have been declared by %(date)s. That was no working day: it can still "
                              "be declared until %(last)s (CPC, article 642).", date=day,
                              last=format_date(self.env, self._get_last_day(self.deadline)))
        if self.date_relief and not self._is_over(self.date_relief, today):
            return self.env._("The claim should have been declared by %(date)s. The supervising judge can be asked for "
                              "relief until %(relief)s.", date=day, relief=format_date(self.env, self.date_relief))
        return self.env._("The claim should have been declared by %(date)s.", date=day)

    def _get_title_countdown(self, today):
        day, left = format_date(self.env, self.date_title), (self.date_title - today).days
        if left < 0:
            return self.env._("Goods under retention of title should have been claimed back by %(date)s.", date=day)
        return self.env._("%(count)s days left to claim goods back under retention of title: until %(date)s.",
                          count=left, date=day)

    def _get_last_day(self, day):
        """Return until when something counts as done in time: French courts add what is missing to a working day."""
        return day if self.procedure == "other" else self.env["res.company"]._get_last_day_of_procedure(day)

    def _is_over(self, day, today):
        return bool(day) and self._get_last_day(day) < today

    def _get_procedure_label(self):
        return dict(self._fields["procedure"]._description_selection(self.env)).get(self.procedure, "")

    def _get_today(self):
        return (self.company_id or self.env.company)._get_dunning_today()

    def _is_creditor_far(self):
        """Tell whether the creditor is established outside metropolitan France, and not where his customer is."""
        # sudo: the address of a legal entity is read for its branches, too.
        company = self.company_id.sudo().root_id
        place = self._get_place(company.country_id or company.account_fiscal_country_id, company.zip)
        return bool(place) and place != self._get_place(self.partner_id.country_id, self.partner_id.zip)

    @api.model
    def _get_place(self, country, postcode):
        """Return the French territory of an address, the code of another country, or nothing in metropolitan France."""
        postcode = (postcode or "").strip()
        if country.code in (False, "FR"):
            return postcode[:3] if postcode.startswith(OVERSEAS) else ""
        return TERRITORIES.get(country.code, country.code)

    @api.constrains("date_judgment", "date_published", "date_declared", "months")
    def _check_days(self):
        for one in self:
            today = one._get_today()
            if any(day and day > today for day in (one.date_judgment, one.date_published, one.date_declared)):
                raise ValidationError(self.env._(
                    "A judgment, its publication and a declaration are not in the future."))
            if any(day and day < one.date_judgment for day in (one.date_published, one.date_declared)):
                raise ValidationError(self.env._(
                    "The judgment comes first: it was neither published nor answered before %(date)s.",
                    date=format_date(self.env, one.date_judgment)))
            if not 0 < one.months <= 12:
                raise ValidationError(self.env._("Give one to twelve months to declare the claim."))

    # --- creation -------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Begin proceedings: whoever notes them, dunning stops for what arose before the judgment."""
        # The defaults of the dialog are not those of the hold and the activities that follow.
        self = self.with_env(self.env(context=clean_context(self.env.context)))
        self.check_access("create")
        for vals in vals_list:
            self._check_door(vals)
        prepared = [self._prepare_insolvency_vals(dict(vals)) for vals in vals_list]
        # sudo: the follow-up of new proceedings is no choice of the user.
        found = super(DunningInsolvency, self.sudo()).create(prepared).sudo(self.env.su)
        for one in found:
            one._begin()
        return found

    @api.model
    def _prepare_insolvency_vals(self, vals):
        """Return the values with the customer, the legal entity and the follow-up they concern."""
        customer = self.env["res.partner"].browse(vals.get("partner_id")).commercial_partner_id
        company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id).root_id
        if not customer:
            raise UserError(self.env._("Choose the customer."))
        followup = self._find_followup(customer, company)
        followup.check_access("read")
        if self.search_count([("followup_id", "=", followup.id), ("state", "in", OPEN_STATES)], limit=1):
            raise UserError(self.env._(
                "Proceedings of %(customer)s are noted already. Change those, or close them first.",
                customer=customer.display_name))
        return vals | {"partner_id": customer.id, "company_id": company.id, "followup_id": followup.id}

    @api.model
    def _find_followup(self, customer, company):
        """Return the follow-up of the customer; one is made for a customer who never owed anything."""
        # sudo: follow-ups are made by SQL, for users who may only read them.
        followups = self.env["dunning.followup"].sudo().with_context(active_test=False)
        domain = [("company_id", "=", company.id), ("partner_id", "=", customer.id)]
        if not followups.search_count(domain, limit=1):
            followups._sync(company, company._get_dunning_today(), customer.ids)
        found = followups.search(domain) or followups.create({"company_id": company.id, "partner_id": customer.id})
        return found.sudo(self.env.su)

    def _begin(self):
        """Hold what arose before the judgment, take back what is on its way, tell the others."""
        self._write_door({"hold_id": self._find_hold().id})
        self._cancel_notices()
        self.followup_id._message_log(body=self.env._(
            "%(procedure)s: judgment of %(date)s. What arose before is declared and not claimed any more; what is "
            "delivered from that day on is payable when due.",
            procedure=self._get_procedure_label(), date=format_date(self.env, self.date_judgment)))
        # sudo: a collector need not own the follow-up.
        self.sudo().followup_id._wake()

    def _find_hold(self):
        """Return the hold of these proceedings: one that runs already, else a new one."""
        held = self.followup_id.running_hold_ids.filtered(
            lambda hold: hold.kind == "insolvency" and hold.is_whole_customer)[:1]
        if held:
            # sudo: the proceedings say the day, whoever noted the hold.
            held.sudo().write({"date_judgment": self.date_judgment})
            return held
        return self.env["dunning.hold"]._create_for(
            self.followup_id, "insolvency", self._get_today() + timedelta(days=REVIEW_DAYS),
            name=self._get_procedure_label(), date_judgment=self.date_judgment,
            user_id=self.user_id.id or self.env.uid)

    def _cancel_notices(self):
        """Take back the notices on their way that name what arose before the judgment."""
        # sudo: proceedings stop notices, whoever prepared them.
        notices = self.sudo().followup_id.notice_ids.filtered(
            lambda one: one.state in ("draft", "to_approve", "ready", "failed"))
        prior = self.sudo()._filter_prior(notices.line_ids.line_id)
        wrong = notices.filtered(lambda one: one.line_ids.line_id & prior)
        wrong.filtered(lambda one: one.state == "failed")._write_door({"state": "draft"})
        wrong._set_cancelled(self.env._("Insolvency proceedings: what arose before the judgment is not claimed."))

    def _filter_prior(self, lines):
        """Return the receivables that arose before the judgment: delivered, else invoiced, before that day."""
        return lines.filtered(lambda line: (
            line.move_id.delivery_date or line.move_id.invoice_date or line.date) < self.date_judgment)

    def _get_prior_lines(self):
        """Return what is open of what arose before the judgment, oldest due first."""
        lines = self.env["account.move.line"]
        found = lines.search(lines._get_dunning_domain(self.company_id) & fields.Domain(
            "partner_id.commercial_partner_id", "=", self.partner_id.id))
        return self._filter_prior(found).sorted(lambda line: line._get_dunning_order())

    # --- doors ----------------------------------------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and not self._fixed_fields.isdisjoint(vals):
            raise UserError(self.env._("The customer and the creditor of proceedings are not changed. Cancel them and "
                                       "note new ones."))
        before = {one: (one.deadline, one.date_title) for one in self}
        result = super().write(vals)
        if "date_judgment" in vals:
            for one in self.filtered("hold_id"):
                # sudo: as in _find_hold.
                one.hold_id.sudo().write({"date_judgment": one.date_judgment})
                one._cancel_notices()
            self.sudo().followup_id._wake()
        for one, (deadline, title) in before.items():
            if deadline != one.deadline:
                one._write_door({"reminded_days": 0, "is_missed": False})
            if title != one.date_title:
                one._write_door({"title_reminded_days": 0})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_cancelled(self):
        if not self.env.su and any(one.state != "cancelled" for one in self):
            raise UserError(self.env._("Proceedings are closed or cancelled, not deleted: the history counts."))

    def action_declare(self):
        """The claim was declared: the countdown ends."""
        for one in self:
            one._check_state("open")
            if not one.date_declared or not one.amount_declared:
                raise UserError(self.env._("Enter the day and the amount of the declaration first."))
            one._set_declared()

    def _set_declared(self):
        self._write_door({"state": "declared", "is_missed": False})
        self.sudo().activity_id.unlink()
        # sudo: the attention of a follow-up is written for users who may only read it.
        self.sudo().followup_id._drop_attention(Reason.CLAIM_UNDECLARED)

    def action_admit(self):
        """The judge decided on the claim."""
        for one in self:
            one._check_state("declared")
            if not one.result:
                raise UserError(self.env._("Choose what was decided on the claim first."))
            if one.result == "full" and not one.amount_admitted:
                one.amount_admitted = one.amount_declared
            one._write_door({"state": "admitted"})

    def action_close(self):
        """The proceedings are over: the hold ends, and a person decides on what is left."""
        for one in self:
            one._check_state(*OPEN_STATES)
            if not one.outcome:
                raise UserError(self.env._("Choose how the proceedings ended first."))
            one._set_over("closed", self.env._("Insolvency proceedings closed by %(user)s", user=self.env.user.name))

    def action_cancel(self):
        """Noted by mistake: dunning goes on where it stood."""
        for one in self:
            one._check_state(*OPEN_STATES)
            one._set_over("cancelled", self.env._("Insolvency proceedings noted by mistake, says %(user)s",
                                                  user=self.env.user.name))

    def _set_over(self, state, text):
        self._write_door({"state": state, "date_closed": self._get_today()})
        # sudo: tasks and holds may belong to somebody else.
        (self.sudo().activity_id | self.sudo().title_activity_id).unlink()
        self.sudo().followup_id._drop_attention(Reason.CLAIM_UNDECLARED)
        if self._is_released(state):
            self.sudo().hold_id._set_ended(text)
        self.sudo().followup_id._wake()

    def _check_state(self, *states):
        if self.state not in states:
            raise UserError(self.env._("%(name)s: this was done already or is not possible any more.",
                                       name=self.display_name))

    def action_open_followup(self):
        self.ensure_one()
        return self.followup_id._get_form_action()
