from lxml import etree

from odoo import api, fields, models

from .res_partner_banner import LEVELS


class AccountDocument(models.AbstractModel):
    """The warning about a customer on his invoices, and on his orders when they are kept here.

    Orders exist only when `sale` is installed, which we do not ask for. They share this mixin of `account` with
    invoices; their form takes over what our view adds to the form of invoices.
    """

    _inherit = "account.document.import.mixin"

    dunning_banner_text = fields.Text("Warning", compute="_compute_dunning_banner", groups="base.group_user")
    dunning_banner_level = fields.Selection(
        LEVELS, "Level of the Warning", compute="_compute_dunning_banner", groups="base.group_user")

    @api.depends(lambda self: [name for name in ("partner_id", "company_id", "state") if name in self._fields])
    @api.depends_context("lang", "uid")
    def _compute_dunning_banner(self):
        for document in self:
            customer = document._get_dunning_banner_customer()
            if customer:  # the company of the document counts, whichever are ticked
                customer = customer.with_context(allowed_company_ids=document.company_id.ids)
            document.dunning_banner_text = bool(customer) and customer.dunning_banner_text
            document.dunning_banner_level = bool(customer) and customer.dunning_banner_level

    def _get_dunning_banner_customer(self):
        """Return the customer of a document on which salespeople work, or nothing."""
        if self._name == "sale.order" and self.state != "cancel":
            return self.partner_id
        return self.env["res.partner"]

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form" and self._name == "sale.order" and arch.find(".//sheet") is not None:
            # sudo: salespeople do not read views.
            banner = self.env.ref("account_dunning.account_move_view_form_banner").sudo()
            arch = self.env["ir.ui.view"].apply_inheritance_specs(arch, etree.fromstring(banner.arch))
        return arch, view


class AccountMove(models.Model):
    """Invoices, credit notes and receipts of customers bear the warning."""

    _inherit = "account.move"

    def _get_dunning_banner_customer(self):
        return self.partner_id if self.is_sale_document(include_receipts=True) else self.env["res.partner"]
