from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL
from odoo.tools.misc import format_date

# Years after which a claim is barred, by kind of debtor; a debtor of unknown kind has the shortest time.
YEARS = {"business": 5, "non_professional": 5, "public": 4, "consumer": 2}
# The law of these seats is known here.
FRENCH_SEATS = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC")
KINDS = [
    ("acknowledgement", "Written acknowledgement of the debt"),
    ("payment", "Part payment that acknowledges the debt"),
    ("court", "Court action"),
    ("enforcement", "Protective measure or enforcement"),
    ("declaration", "Declaration in insolvency proceedings"),
    ("claim", "Written claim against a public body"),
]
# While these go on, no time runs.
LASTING_KINDS = ("court", "declaration")


class DunningLimitationEvent(models.Model):
    """A fact that interrupts the limitation of an invoice: the time begins anew.

    A reminder or a formal notice interrupts nothing against businesses and consumers. Written claims against public
    bodies and payment plans that the customer signed are read from the notices and plans themselves.
    """

    _name = "dunning.limitation.event"
    _description = "Interruption of the Limitation"
    _inherit = ["dunning.named"]
    _order = "date desc, id desc"

    move_id = fields.Many2one("account.move", "Invoice", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="move_id.company_id", store=True, precompute=True)
    kind = fields.Selection(KINDS, required=True)
    date = fields.Date(required=True, help="The day of the acknowledgement, the payment or the action.")
    date_end = fields.Date("Ended On", help="The end of the case. As long as it goes on no time runs.")
    user_id = fields.Many2one("res.users", "Noted by", default=lambda self: self.env.user, readonly=True)
    comment = fields.Char("What Happened")
    proof = fields.Binary(attachment=True)
    proof_name = fields.Char()
    insolvency_id = fields.Many2one("dunning.insolvency", readonly=True, ondelete="set null", index="btree_not_null")

    @api.depends("kind", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for event in self:
            event.display_name = f"{kinds.get(event.kind, '')} ({format_date(self.env, event.date)})"

    @api.constrains("date", "date_end", "kind", "move_id")
    def _check_event(self):
        for event in self:
            # sudo: settings of the legal entity are read for its branches, too.
            company = event.company_id.sudo().root_id
            today = company._get_dunning_today()
            if event.date > today or event.date_end and not event.date <= event.date_end <= today:
                raise ValidationError(self.env._(
                    "What interrupts the limitation has happened, and ends after it began."))
            customer = event.move_id.commercial_partner_id.with_company(company)
            if event.kind == "claim" and customer.dunning_debtor_kind != "public":
                raise ValidationError(self.env._(
                    "A reminder or a formal notice interrupts the limitation against public bodies only."))

    @api.model_create_multi
    def create(self, vals_list):
        """Note facts; what is barred already does not come back to life by itself."""
        for vals in vals_list:
            move, day = self.env["account.move"].browse(vals.get("move_id")), fields.Date.to_date(vals.get("date"))
            if day and move.dunning_barred_date and day > move.dunning_barred_date:
                raise UserError(self.env._(
                    "%(invoice)s was time-barred after %(date)s: a later fact interrupts nothing. If the customer "
                    "waived the limitation, enter the new day on the invoice with its reason.",
                    invoice=move.name, date=format_date(self.env, move.dunning_barred_date)))
        events = super().create(vals_list)
        events.move_id._refresh_dunning_barred()
        return events

    def write(self, vals):
        moves = self.move_id
        result = super().write(vals)
        (moves | self.move_id)._refresh_dunning_barred()
        return result

    def unlink(self):
        moves = self.move_id
        result = super().unlink()
        moves._refresh_dunning_barred()
        return result


class AccountMove(models.Model):
    """Until when an invoice can be claimed in court. It is a warning, computed from what is known here."""

    _inherit = "account.move"

    dunning_barred_date = fields.Date(
        "Time-Barred After", readonly=True, copy=False, groups="base.group_user",
        help="The last day to claim this invoice in court, by French law: five years from the due date against "
             "businesses and non-professional organisations, two years against consumers and debtors of unknown kind. "
             "Against public bodies 31 December of the fourth year after the one in which the right arose (law of "
             "31 December 1968): take that year from the delivery only as a warning, and ask a lawyer in doubt.")
    dunning_barred_own_date = fields.Date(
        "Time-Barred, by Hand", copy=False, tracking=True, groups="base.group_user",
        help="Set by a person instead of the computed day, with the reason.")
    dunning_barred_reason = fields.Char("Why This Day", copy=False, tracking=True, groups="base.group_user")
    dunning_barred_soon = fields.Boolean("Soon Time-Barred", readonly=True, copy=False, groups="base.group_user")
    dunning_barred_warned = fields.Date(readonly=True, copy=False, groups="base.group_user",
                                        help="The day of which somebody was warned.")
    # compute_sudo: whoever may read an invoice may know until when it can be claimed.
    dunning_barred_text = fields.Char("About the Limitation", compute="_compute_dunning_barred_text",
                                      compute_sudo=True, groups="base.group_user")
    dunning_limitation_ids = fields.One2many(
        "dunning.limitation.event", "move_id", "Interruptions",
        groups="account.group_account_invoice,account.group_account_readonly")

    _dunning_barred_idx = models.Index("(company_id) WHERE dunning_barred_soon IS TRUE")

    @api.depends("dunning_barred_date", "dunning_barred_own_date", "dunning_barred_reason", "commercial_partner_id",
                 "dunning_limitation_ids.date", "dunning_limitation_ids.date_end")
    @api.depends_context("lang")
    def _compute_dunning_barred_text(self):
        for move in self:
            move.dunning_barred_text = move._get_dunning_barred_text()

    def _get_dunning_barred_text(self):
        """Say where the day comes from."""
        company = self.company_id.sudo().root_id
        if self.dunning_barred_own_date:
            return self.env._("Set by hand: %(reason)s", reason=self.dunning_barred_reason or "")
        if company.country_id.code not in FRENCH_SEATS:
            return self.env._("Not computed: French law only is known here. Enter the day by hand.")
        running = self.dunning_limitation_ids.filtered(lambda one: one.kind in LASTING_KINDS and not one.date_end)
        if running:
            return self.env._("No time runs: %(fact)s", fact=running[0].display_name)
        kind = self.commercial_partner_id.with_company(company).dunning_debtor_kind
        if kind == "public":
            return self.env._("Public body: end of the fourth year after the delivery or the last written claim")
        if kind in YEARS:
            text = self.env._("%(count)s years from the due date or the last interruption", count=YEARS[kind])
        else:
            text = self.env._("Kind of debtor unknown: the shortest time, two years")
        return text

    @api.constrains("dunning_barred_own_date", "dunning_barred_reason")
    def _check_dunning_barred_reason(self):
        for move in self:
            if move.dunning_barred_own_date and not (move.dunning_barred_reason or "").strip():
                raise ValidationError(self.env._("Say why %(invoice)s is time-barred on another day.",
                                                 invoice=move.name))

    def write(self, vals):
        result = super().write(vals)
        if not {"dunning_barred_own_date", "dunning_legal_due_date"}.isdisjoint(vals):
            self._refresh_dunning_barred()
        return result

    def _refresh_dunning_barred(self):
        """Compute the day of these invoices now; the night does it for all."""
        for company, moves in self.filtered(lambda one: one.state == "posted").grouped(
                lambda one: one.company_id.sudo().root_id).items():
            self.env["dunning.followup"].sudo()._refresh_barred(company, move_ids=moves.ids)


class DunningFollowup(models.Model):
    """Which claims of a customer will soon be time-barred."""

    _inherit = "dunning.followup"

    is_barred_soon = fields.Boolean("Soon Time-Barred", compute="_compute_barred", search="_search_is_barred_soon")
    barred_date = fields.Date("Time-Barred After", compute="_compute_barred")

    def _compute_barred(self):
        for followup in self:
            # sudo: the oldest day is shown to all who may read the follow-up.
            moves = self.env["account.move"].sudo().search(
                followup._get_barred_domain(), order="dunning_barred_date", limit=1)
            followup.is_barred_soon, followup.barred_date = bool(moves), moves.dunning_barred_date

    def _get_barred_domain(self):
        return [("dunning_barred_soon", "=", True), ("company_id", "child_of", self.company_id.id),
                ("commercial_partner_id", "=", self.partner_id.id)]

    @api.model
    def _search_is_barred_soon(self, operator, value):
        if operator != "in":
            return NotImplemented
        found = fields.Domain("id", "in", SQL(
            """(SELECT followup.id FROM account_move move
                  JOIN res_company company ON company.id = move.company_id
                  JOIN dunning_followup followup ON followup.partner_id = move.commercial_partner_id
                   AND followup.company_id = split_part(company.parent_path, '/', 1)::int
                 WHERE move.dunning_barred_soon IS TRUE)"""))
        return found if True in value else ~found

    # --- the day --------------------------------------------------------------------------------------------------

    @api.model
    def _refresh_barred(self, company, partner_ids=None, move_ids=None):
        """Write the day of open invoices and take it off the others: one statement, writing only what changed."""
        self._flush_facts()
        for model in ("dunning.limitation.event", "dunning.plan", "dunning.plan.line"):
            self.env[model].flush_model()
        wanted = SQL("TRUE") if move_ids is None else SQL("move.id = ANY(%s)", list(move_ids))
        mine = SQL("TRUE") if partner_ids is None else SQL("move.commercial_partner_id = ANY(%s)", list(partner_ids))
        limit = company._get_dunning_today() + relativedelta(months=company.sudo().dunning_limitation_months)
        # What has a day and what had one are put on one heap: joined, their number would decide how long it takes.
        # Each carries what is written of it, so that only what differs is looked up to be written.
        self.env.cr.execute(SQL(
            """UPDATE account_move move
                  SET dunning_barred_date = changed.day, dunning_barred_soon = changed.day <= %(limit)s
                 FROM (SELECT move_id, MIN(day) AS day
                         FROM (SELECT claim.move_id, claim.day, claim.former, claim.soon FROM (%(days)s) claim
                                UNION ALL
                               SELECT move.id, NULL, move.dunning_barred_date, move.dunning_barred_soon
                                 FROM account_move move
                                WHERE move.company_id = ANY(%(companies)s) AND %(wanted)s AND %(mine)s
                                  AND move.dunning_barred_date IS NOT NULL) claim
                     GROUP BY move_id, former, soon
                       HAVING (former, COALESCE(soon, FALSE)) IS DISTINCT FROM
                              (MIN(day), COALESCE(MIN(day) <= %(limit)s, FALSE))) changed
                WHERE move.id = changed.move_id""",
            days=self._get_barred_sql(company, partner_ids, wanted), limit=limit, wanted=wanted, mine=mine,
            companies=self.env["res.company"].sudo().search([("id", "child_of", company.id)]).ids,
        ))
        self.env["account.move"].invalidate_model(["dunning_barred_date", "dunning_barred_soon"], flush=False)
        self.env["dunning.followup"].invalidate_model(["is_barred_soon", "barred_date"], flush=False)

    @api.model
    def _get_barred_sql(self, company, partner_ids, wanted):
        """Return the SELECT (move_id, former, soon, day): the last day to claim each open item in court, and what is
        written of it.

        The last interruption counts: facts that a person noted, signed plans, claims against public bodies.
        """
        return SQL(
            """SELECT item.move_id, item.former, item.soon, COALESCE(item.own, CASE
                      WHEN NOT %(is_french)s OR fact.is_running THEN NULL
                      WHEN item.kind = 'public' THEN make_date(4 + EXTRACT(YEAR FROM GREATEST(
                          item.origin, fact.day, plan.day, letter.day))::int, 12, 31)
                      ELSE (GREATEST(item.due, fact.day, plan.day) + CASE
                          WHEN item.kind IN ('business', 'non_professional') THEN interval '5 years'
                          ELSE interval '2 years' END)::date
                      END) AS day
                 FROM (%(items)s) item
            LEFT JOIN (SELECT move_id, MAX(COALESCE(date_end, date)) AS day,
                              BOOL_OR(date_end IS NULL AND kind = ANY(%(lasting)s)) AS is_running
                         FROM dunning_limitation_event GROUP BY move_id) fact ON fact.move_id = item.move_id
            LEFT JOIN (SELECT line.move_id, MAX(plan.date_signed) AS day
                         FROM dunning_plan_line line JOIN dunning_plan plan ON plan.id = line.plan_id
                        WHERE plan.agreed_how = 'signed' AND plan.state IN ('agreed', 'completed', 'broken')
                     GROUP BY line.move_id) plan ON plan.move_id = item.move_id
            LEFT JOIN LATERAL (
                      SELECT MAX(notice.date_sent) AS day
                        FROM dunning_notice_line line JOIN dunning_notice notice ON notice.id = line.notice_id
                       WHERE item.kind = 'public' AND line.move_id = item.move_id
                         AND notice.state = 'sent' AND notice.is_returned IS NOT TRUE
                         AND line.role IN ('moving', 'listed') AND notice.stage NOT IN ('none', 'preventive')
                      ) letter ON TRUE""",
            is_french=company.country_id.code in FRENCH_SEATS, lasting=list(LASTING_KINDS),
            items=self._get_barred_item_sql(company, partner_ids, wanted),
        )

    @api.model
    def _get_barred_item_sql(self, company, partner_ids, wanted):
        """Return the SELECT of open debts: invoice, due date, the day on which the right arose, kind of debtor."""
        lines = self.env["account.move.line"]
        return SQL(
            """SELECT move.id AS move_id, move.dunning_barred_date AS former, move.dunning_barred_soon AS soon,
                      %(due)s AS due, move.dunning_barred_own_date AS own,
                      COALESCE(move.delivery_date, move.invoice_date, aml.date) AS origin, %(kind)s AS kind
               %(items)s AND aml.amount_residual > 0 AND %(wanted)s""",
            due=lines._get_dunning_due_sql(), kind=self._get_partner_sql(company, "dunning_debtor_kind"),
            items=lines._get_dunning_from_sql(company, partner_ids), wanted=wanted,
        )

    @api.model
    def _cron_refresh(self):
        super()._cron_refresh()
        for company in self.env["dunning.run"]._get_companies():
            self._refresh_barred(company)


class ResPartner(models.Model):
    """Another kind of debtor has another time."""

    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if "dunning_debtor_kind" in vals:
            company = self.env.company.root_id
            # sudo: who sets the kind of debtor need not read his invoices.
            self.env["dunning.followup"].sudo()._refresh_barred(company, self.commercial_partner_id.ids)
        return result


class DunningInsolvency(models.Model):
    """The declaration of a claim interrupts its limitation until the proceedings are closed."""

    _inherit = "dunning.insolvency"

    def _set_declared(self):
        result = super()._set_declared()
        for one in self:
            # sudo: the fact follows from the declaration, whoever noted it.
            moves = one.sudo()._get_prior_lines().filtered(lambda line: line.amount_residual > 0).move_id
            self.env["dunning.limitation.event"].sudo().create([{
                "move_id": move.id, "kind": "declaration", "date": one.date_declared, "insolvency_id": one.id,
                "user_id": self.env.uid, "comment": one.display_name,
            } for move in moves if not move.dunning_barred_date or move.dunning_barred_date >= one.date_declared])
        return result

    def _set_over(self, state, text):
        super()._set_over(state, text)
        # sudo: as above.
        events = self.env["dunning.limitation.event"].sudo().search([("insolvency_id", "in", self.ids)])
        if state == "closed":
            events.filtered(lambda one: not one.date_end).date_end = self._get_today()
        else:
            events.unlink()


class ResCompany(models.Model):
    """How long before the limitation somebody is warned."""

    _inherit = "res.company"

    dunning_limitation_months = fields.Integer(
        "Warning before the Limitation", default=6, help="Months before an invoice is time-barred.")

    @api.constrains("dunning_limitation_months")
    def _check_dunning_limitation_months(self):
        if any(not 0 <= company.dunning_limitation_months <= 60 for company in self):
            raise ValidationError(self.env._("Warn between 0 and 60 months before an invoice is time-barred."))


class ResConfigSettings(models.TransientModel):
    """The warning of the legal entity."""

    _inherit = "res.config.settings"

    dunning_limitation_months = fields.Integer(
        related="company_id.root_id.dunning_limitation_months", readonly=False)
