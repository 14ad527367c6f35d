from decimal import Decimal
from functools import reduce

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.i18n import format_list
from odoo.tools.misc import formatLang

from ... import escalation
from ..customer.res_partner import CONTACT_ROLES

CHANNELS = [
    ("email", "E-mail"), ("letter", "Letter"), ("registered", "Registered Letter"),
    ("electronic", "Electronic Registered Letter"), ("bailiff", "Bailiff"), ("hand", "Delivery by Hand"),
    ("call", "Phone Call"),
]
# What leaves as a letter, on paper or not: it is printed, then deposited by a person.
LETTER_CHANNELS = ("letter", "registered", "electronic", "bailiff", "hand")
# Letters whose arrival somebody else attests.
PROVEN_CHANNELS = ("registered", "electronic", "bailiff", "hand")

class DunningLevel(models.Model):
    """One step of a policy: when it comes, through which channel, with which words."""

    _name = "dunning.level"
    _description = "Dunning Level"
    _order = "policy_id, sequence, days, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char("Step", required=True, translate=True)
    policy_id = fields.Many2one("dunning.policy", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    summary = fields.Char("In Words", compute="_compute_summary")

    stage = fields.Selection(
        [
            ("preventive", "Preventive"),
            ("reminder_1", "Reminder 1"),
            ("reminder_2", "Reminder 2"),
            ("reminder_3", "Reminder 3"),
            ("formal", "Formal Notice"),
        ],
        required=True,
        default="reminder_1",
        help="How far this step goes. It compares the steps of different policies and is the customer's column.",
    )
    days = fields.Integer(
        "Days from the Due Date", default=7, help="Counted from the legal due date. Negative: before it."
    )
    gap_days = fields.Integer(
        "Days since the Previous Notice", help="At least so many days after the previous notice was sent or posted."
    )
    latest_days = fields.Integer(
        "Latest Day", help="The step is skipped when the invoice is more days past due than this. 0: no latest day."
    )

    channel = fields.Selection(
        CHANNELS, "Leading Channel", required=True, default="email",
        help="The step counts as taken when the notice has left through this channel.",
    )
    with_email = fields.Boolean("E-mail Beside", help="The same notice also goes by e-mail.")
    with_letter = fields.Boolean("Letter Beside", help="The same notice also goes by post.")
    manual_only = fields.Boolean(
        "Sent by Hand Only", compute="_compute_manual_only", store=True, readonly=False, precompute=True,
        help="The notice is prepared, and a person sends it. Always so for a formal notice.",
    )
    contact_role = fields.Selection(
        CONTACT_ROLES, "Addressed to", required=True, default="accounts_payable",
        help="The contact of the customer who receives it. Without such a contact: the customer himself.",
    )

    min_amount = fields.Float(
        "Least Overdue Amount", digits=(16, 2),
        help="In the currency of the company. Below it the step is skipped. 0: any amount.",
    )
    new_customer = fields.Boolean("New Customers", help="The step is meant for customers without any paid invoice.")
    profile_ids = fields.Many2many(
        "dunning.profile", string="Payer Profiles", check_company=True,
        help="The step is meant for customers of these profiles. Profiles with preventive reminders always count.",
    )

    call_mode = fields.Selection(
        [
            ("none", "No call"),
            ("before", "Call first, the notice waits"),
            ("beside", "Call beside the notice"),
        ],
        "Phone Call",
        required=True,
        default="none",
    )
    call_days = fields.Integer("Call on Day", help="Days from the due date on which the call is put on the agenda.")
    call_wait_days = fields.Integer(
        "Waiting for the Call", default=3,
        help="Working days that the notice waits for the outcome of the call. Then it goes, called or not.",
    )
    call_min_amount = fields.Float(
        "Call from Amount", digits=(16, 2), help="Least overdue amount for a call. 0: always call."
    )
    call_script = fields.Html("What to Say", translate=True)

    deadline_days = fields.Integer(
        "Days to Pay", default=8, help="The notice asks for payment by this many days after it is sent."
    )
    attach_invoices = fields.Boolean(default=True)
    attach_letter = fields.Boolean(help="The e-mail carries the letter as a PDF.")
    mail_template_id = fields.Many2one(
        "mail.template", "E-mail Text", domain=[("model", "=", "dunning.notice")], ondelete="restrict"
    )
    letter_template_id = fields.Many2one(
        "mail.template", "Letter Text", domain=[("model", "=", "dunning.notice")], ondelete="restrict",
        help="The body of this text is printed on the letter.",
    )

    _gap_days_positive = models.Constraint(
        "CHECK(gap_days >= 0)", "The days since the previous notice cannot be negative. Enter 0 for no gap."
    )
    _call_wait_days_positive = models.Constraint(
        "CHECK(call_wait_days >= 0)",
        "The notice cannot wait a negative number of days for its call. Enter 0 or more.",
    )
    _deadline_days_positive = models.Constraint(
        "CHECK(deadline_days >= 0)", "The days to pay cannot be negative. Enter 0 or more."
    )
    _amounts_positive = models.Constraint(
        "CHECK(min_amount >= 0 AND call_min_amount >= 0)",
        "The least amounts cannot be negative. Enter 0 for any amount.",
    )

    @api.depends_context("lang")
    @api.depends(
        "channel", "with_email", "with_letter", "days", "gap_days", "latest_days", "stage", "manual_only", "min_amount",
        "new_customer", "profile_ids", "call_mode", "call_days", "call_wait_days", "call_min_amount", "company_id",
    )
    def _compute_summary(self):
        for level in self:
            level.summary = level._get_summary()

    @api.depends("stage")
    def _compute_manual_only(self):
        """A formal notice is a decision of people: no run sends it by itself."""
        for level in self:
            level.manual_only = level.manual_only or level.stage == "formal"

    @api.onchange("channel")
    def _onchange_channel(self):
        """A phone call has no second call and no letter beside it."""
        if self.channel == "call":
            self.update({"call_mode": "none", "with_email": False, "with_letter": False})

    @api.constrains("stage", "manual_only")
    def _check_formal_is_manual(self):
        if any(level.stage == "formal" and not level.manual_only for level in self):
            raise ValidationError(self.env._(
                "A formal notice is never sent automatically. Keep “Sent by Hand Only” ticked, or choose another stage."
            ))

    @api.constrains("stage", "days")
    def _check_side_of_due_date(self):
        for level in self:
            if level.stage == "preventive" and level.days >= 0:
                raise ValidationError(self.env._(
                    "The preventive step “%(name)s” must come before the due date. Enter a negative number of days.",
                    name=level.name,
                ))
            if level.stage != "preventive" and level.days < 0:
                raise ValidationError(self.env._(
                    "The step “%(name)s” comes before the due date. Make it preventive, or enter 0 days or more.",
                    name=level.name,
                ))

    @api.constrains("days", "latest_days")
    def _check_latest_days(self):
        for level in self:
            if level.latest_days and level.latest_days <= level.days:
                raise ValidationError(self.env._(
                    "The step “%(name)s” could never be taken: its latest day must come after day %(days)s.",
                    name=level.name, days=level.days,
                ))

    @api.constrains("channel", "call_mode", "call_days", "days")
    def _check_call(self):
        for level in self:
            if level.channel == "call" and level.call_mode != "none":
                raise ValidationError(self.env._(
                    "The step “%(name)s” is a phone call already. Choose “No call” beside it.", name=level.name,
                ))
            if level.call_mode == "before" and level.call_days > level.days:
                raise ValidationError(self.env._(
                    "The call of “%(name)s” must come before its notice: on day %(days)s at the latest.",
                    name=level.name, days=level.days,
                ))

    @api.constrains("policy_id", "sequence", "days", "stage", "active")
    def _check_ladder(self):
        """While a policy saves all its steps, it checks the result itself: a ladder is turned round step by step."""
        if not self.env.context.get("dunning_saving_ladder"):
            self.policy_id._check_ladder()

    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        levels.policy_id._raise_revision()
        return levels

    def write(self, vals):
        policies = self.policy_id
        result = super().write(vals)
        (policies | self.policy_id)._raise_revision()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A step that was taken stays readable: what was sent must remain explainable."""
        for level in self:
            if level._is_used():
                raise UserError(self.env._(
                    "The step “%(name)s” was already taken, so it cannot be deleted. Archive it instead.",
                    name=level.name,
                ))

    def unlink(self):
        policies = self.policy_id
        result = super().unlink()
        policies._raise_revision()
        return result

    def _get_usage_fields(self):
        """Name the fields (model, field) that keep a step from being deleted. Override to add one."""
        return [
            ("account.move.line", "dunning_level_id"),
            ("account.move", "dunning_level_id"),
            ("dunning.notice", "level_id"),
            ("dunning.notice.line", "level_id"),
        ]

    def _is_used(self):
        """Tell whether an invoice stands on this step or a notice took it."""
        self.ensure_one()
        return any(
            self.env[model].sudo().with_context(active_test=False).search_count([(field, "=", self.id)], limit=1)
            for model, field in self._get_usage_fields()
        )

    def _get_preventive_profiles(self):
        """Return the profiles to which this preventive step is open: its own and those meant for any such step."""
        profiles = self.env["dunning.profile"]
        if self._is_conditional():
            profiles = self.profile_ids | profiles.search([("preventive", "=", True)])
        return profiles

    def _is_conditional(self):
        """Tell whether this preventive step is for some customers only."""
        return self.stage == "preventive" and bool(self.min_amount or self.new_customer or self.profile_ids)

    def _to_engine(self):
        """Return this step as the planner knows it."""
        self.ensure_one()
        return escalation.Step(
            key=self.id,
            stage=self.stage,
            days=self.days,
            gap=self.gap_days,
            latest=self.latest_days,
            channel=self.channel,
            call_mode=self.call_mode,
            call_days=self.call_days,
            call_wait=self.call_wait_days,
            call_minimum=Decimal(str(self.call_min_amount)),
            minimum=Decimal(str(self.min_amount)),
            new_customer=self.new_customer,
            profiles=frozenset(self._get_preventive_profiles().ids),
        )

    def _get_channels(self, is_call=False):
        """Return the channels of this step, the leading one first. Override to add a channel.

        :param is_call: the phone call that comes before the step, not the step itself
        """
        self.ensure_one()
        if is_call:
            return ["call"]
        channels = [self.channel]
        channels += ["email"] if self.with_email else []
        channels += ["letter"] if self.with_letter else []
        channels += ["call"] if self.call_mode == "beside" else []
        return list(dict.fromkeys(channels))

    def _get_summary(self):
        """Say this step in one sentence."""
        self.ensure_one()
        parts = [
            format_list(self.env, self._get_channel_names()),
            self._get_day_text(self.days),
            self._get_gap_text(),
            self._get_audience_text(),
        ]
        clauses = [
            ", ".join(filter(None, parts)), self._get_call_text(), self._get_claims_text(), *self._get_limits(),
        ]
        sentence = self._join_clauses(clauses)
        return sentence[:1].upper() + sentence[1:]

    def _get_channel_names(self):
        """Return the ways this step goes out, in the order they are said."""
        names = {
            "email": self.env._("e-mail"),
            "letter": self.env._("letter"),
            "registered": self.env._("registered letter"),
            "electronic": self.env._("electronic registered letter"),
            "bailiff": self.env._("bailiff"),
            "hand": self.env._("delivery by hand"),
            "call": self.env._("phone call"),
        }
        # A call beside the notice is said at the end of the sentence.
        channels = [one for one in self._get_channels() if one and (one != "call" or self.channel == "call")]
        return [names.get(one, one) for one in channels]

    def _get_day_text(self, days):
        """Say how far a day is from the due date."""
        if not days:
            return self.env._("on the due date")
        if days == -1:
            return self.env._("1 day before the due date")
        if days < 0:
            return self.env._("%(days)s days before the due date", days=-days)
        if days == 1:
            return self.env._("1 day after the due date")
        return self.env._("%(days)s days after the due date", days=days)

    def _get_gap_text(self):
        if not self.gap_days:
            return ""
        if self.gap_days == 1:
            return self.env._("at least 1 day after the previous notice")
        return self.env._("at least %(days)s days after the previous notice", days=self.gap_days)

    def _get_audience_text(self):
        """Say for whom the step is meant, when it is not for everybody."""
        if not self.min_amount and not self._is_conditional():
            return ""
        amount = self._format_amount(self.min_amount)
        if self.stage != "preventive":
            return self.env._("from %(amount)s overdue", amount=amount)
        wanted = [self.env._("amounts from %(amount)s", amount=amount)] if self.min_amount else []
        wanted += [self.env._("new customers")] if self.new_customer else []
        wanted += [
            self.env._("the profile %(name)s", name=profile.name) for profile in self._get_preventive_profiles()
        ]
        return self.env._("only for %(wanted)s", wanted=format_list(self.env, wanted, style="or"))

    def _get_call_text(self):
        """Say when somebody calls, and how long the notice waits for it."""
        if self.call_mode == "none" or not self.call_mode:
            return ""
        minimum = self.env._("from %(amount)s", amount=self._format_amount(self.call_min_amount))
        minimum = f" {minimum}" if self.call_min_amount else ""
        if self.call_mode == "beside":
            return self.env._("call on the same day") + minimum
        first = self.env._("call first %(when)s", when=self._get_day_text(self.call_days))
        return f"{first}{minimum} ({self._get_wait_text()})"

    def _get_wait_text(self):
        if not self.call_wait_days:
            return self.env._("the notice does not wait")
        if self.call_wait_days == 1:
            return self.env._("the notice waits 1 working day")
        return self.env._("the notice waits %(days)s working days", days=self.call_wait_days)

    def _get_limits(self):
        """Say what keeps the step from going out by itself."""
        limits = []
        if self.latest_days:
            limits.append(self.env._("not later than %(when)s", when=self._get_day_text(self.latest_days)))
        if self.manual_only:
            limits.append(self.env._("sent by hand only"))
        return limits

    def _join_clauses(self, clauses):
        """Return the clauses as one sentence, its semicolons set as the language does."""
        return reduce(
            lambda first, rest: self.env._("%(first)s; %(rest)s", first=first, rest=rest), filter(None, clauses),
        )

    def _format_amount(self, amount):
        """Return an amount as the reader writes it; a shared policy knows no currency."""
        return formatLang(self.env, amount, currency_obj=self.company_id.currency_id)
