from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .dunning_reference_rate import BY_DECREE, INDEXES, STATUSES, YEARLY
from .res_company_interest import NOTICE_DAYS


class DunningReferenceIndex(models.Model):
    """The calendar of published rates: which one comes when, and which must be entered now."""

    _name = "dunning.reference.index"
    _description = "Calendar of Reference Rates"
    _auto = False
    _order = "valid_to, index"
    _rec_name = "index"

    index = fields.Selection(INDEXES, "Reference Rate", readonly=True)
    rate_id = fields.Many2one("dunning.reference.rate", "Last Rate", readonly=True)
    rate_percent = fields.Float("Rate (%)", digits=(16, 4), readonly=True, aggregator=None)
    status = fields.Selection(STATUSES, readonly=True)
    valid_from = fields.Date("From", readonly=True)
    valid_to = fields.Date("Known Until", readonly=True)
    next_from = fields.Date("Next Needed From", compute="_compute_next")
    frequency = fields.Char("Published", compute="_compute_words")
    publisher = fields.Char("By", compute="_compute_words")
    source_url = fields.Char("Where the Last One Was Read", related="rate_id.source_url")
    state = fields.Selection(
        [("missing", "Missing"), ("soon", "To Enter Soon"), ("known", "Known")], compute="_compute_next",
    )
    is_used = fields.Boolean(
        "Needed Here", compute="_compute_is_used", help="A regime that your company uses needs it.",
    )

    @property
    def _table_query(self):
        """The newest rate of each index."""
        return SQL(
            """SELECT DISTINCT ON (index) id, id AS rate_id, index, rate_percent, status, valid_from, valid_to
                 FROM dunning_reference_rate ORDER BY index, valid_from DESC""")

    @api.depends("valid_to")
    @api.depends_context("company")
    def _compute_next(self):
        today = self.env.company._get_dunning_today()
        for index in self:
            index.next_from = index.valid_to + timedelta(days=1)
            left = (index.valid_to - today).days
            index.state = "missing" if left < 0 else "soon" if left < NOTICE_DAYS else "known"

    @api.depends("index")
    @api.depends_context("lang")
    def _compute_words(self):
        publishers = self._get_publishers()
        for index in self:
            index.publisher = publishers.get(index.index, "")
            index.frequency = self.env._("1 January") if index.index in YEARLY else (
                self.env._("By decree, looked at on 1 January and 1 July") if index.index in BY_DECREE
                else self.env._("1 January and 1 July"))

    @api.depends_context("company")
    def _compute_is_used(self):
        company = self.env.company
        used = set().union(*(regime._get_indexes(company) for regime in company._get_dunning_regimes()))
        for index in self:
            index.is_used = index.index in used

    def _get_publishers(self):
        """Name who publishes each index."""
        order = self.env._("Ministerial order")
        return {
            "ecb_mro": self.env._("European Central Bank"),
            "fr_legal_other": order,
            "fr_legal_individual": order,
            "be_commercial": self.env._("Belgian public finance service"),
            "be_legal": self.env._("Belgian public finance service"),
            "de_base": self.env._("Deutsche Bundesbank"),
            "at_base": self.env._("Austrian National Bank"),
            "lu_legal": self.env._("Grand-ducal regulation"),
            "nl_legal": self.env._("Dutch decree"),
            "uk_reference": self.env._("Bank of England"),
        }

    def action_enter(self):
        """Enter the rate that follows the last one that is known."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window", "res_model": "dunning.reference.rate", "view_mode": "form",
            "views": [(False, "form")], "target": "new", "name": self.env._("Enter the next rate"),
            "context": {"default_index": self.index, "default_valid_from": self.next_from,
                        "default_status": "unverified"},
        }
