import logging
from typing import Any, NamedTuple

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

_logger = logging.getLogger(__name__)


class Source(NamedTuple):
    """A business document that proves something, and how it is printed."""

    record: Any
    type: str
    report: str
    date: Any


class AccountMove(models.Model):
    """Take proofs over from what the other applications know: orders and deliveries, and the files of the invoice.

    Sales and inventory need not be installed: what is not there has nothing to give.
    """

    _inherit = "account.move"

    def action_dunning_take_evidence(self):
        """Add orders, signed quotations and delivery slips of these invoices to their proofs, each once."""
        self.check_access("write")
        taken = self.env["dunning.evidence"]
        for move in self:
            taken |= move._take_evidence()
        if not taken:
            raise UserError(self.env._(
                "There is nothing to take over: no order and no delivery is linked with this invoice, or all of them "
                "are here already. Add the files by hand."))
        return {
            "type": "ir.actions.client", "tag": "display_notification",
            "params": {"type": "success", "message": self.env._("%(count)s documents taken over.", count=len(taken)),
                       "next": {"type": "ir.actions.client", "tag": "soft_reload"}},
        }

    def _take_evidence(self):
        """Return the proofs that were added."""
        known = set(self.dunning_evidence_ids.mapped("source"))
        taken = self.env["dunning.evidence"]
        for source in self._get_evidence_sources():
            name = f"{source.record._name},{source.record.id}"
            files = name not in known and self._get_source_files(source)
            if files:
                taken |= taken.create({
                    "move_id": self.id, "type": source.type, "date": source.date, "source": name,
                    "comment": source.record.display_name, "attachment_ids": [Command.set(files.ids)],
                })
        return taken

    def _get_evidence_sources(self):
        """Return the orders and the deliveries made for them. Override to add what another application knows."""
        if "sale_line_ids" not in self.env["account.move.line"]._fields:
            return []
        # sudo: who collects a debt need not work in sales or in the warehouse to prove it.
        orders = self.sudo().invoice_line_ids.sale_line_ids.order_id.filtered(lambda one: one.state == "sale")
        sources = [
            Source(order, "quotation" if order.signed_on else "order", "sale.action_report_saleorder",
                   self.company_id._get_dunning_day(order.signed_on or order.date_order))
            for order in orders
        ]
        if "picking_ids" in orders._fields:
            sources += [
                Source(picking, "delivery", "stock.action_report_delivery",
                       self.company_id._get_dunning_day(picking.date_done))
                for picking in orders.picking_ids
                if picking.state == "done" and picking.picking_type_code == "outgoing" and picking.date_done
            ]
        return sources

    def _get_source_files(self, source):
        """Return copies of the files that prove it: those attached to it, and the document itself as printed."""
        # sudo: see above; copies belong to the invoice, so that whoever reads it may read them.
        files = self.env["ir.attachment"].sudo()
        attached = files.search([("res_model", "=", source.record._name), ("res_id", "=", source.record.id),
                                 ("res_field", "=", False), ("type", "=", "binary")])
        owner = {"res_model": "account.move", "res_id": self.id}
        copies = files.browse([one.copy(owner | {"name": one.name}).id for one in attached])
        printed = self._print_source(source)
        if printed:
            name = source.record.name.replace("/", "_")
            copies |= files.create(owner | {"name": f"{name}.pdf", "raw": printed, "mimetype": "application/pdf"})
        return copies.sudo(False)

    def _print_source(self, source):
        """Return the printed document; one that cannot be printed leaves the attached files."""
        try:
            report = self.env["ir.actions.report"].sudo().with_context(report_pdf_no_attachment=True)
            return report._render_qweb_pdf(source.report, source.record.ids)[0]
        except (UserError, ValueError) as error:
            _logger.info("%s cannot be printed as evidence: %s", source.record, error)
            return b""

    def action_dunning_pick_evidence(self):
        """Choose files of this invoice: those that were just dropped on it, or all that prove nothing yet."""
        self.ensure_one()
        files = self.env["ir.attachment"].search([
            ("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False),
            ("type", "=", "binary"), ("id", "not in", self.dunning_evidence_ids.attachment_ids.ids)])
        dropped = self.env.context.get("dunning_dropped_ids")
        if dropped:
            files &= files.browse(dropped)
        return {
            "type": "ir.actions.act_window", "res_model": "dunning.evidence.pick", "view_mode": "form",
            "target": "new", "name": self.env._("Add Files of This Invoice"), "context": {
                "default_move_id": self.id, "default_attachment_ids": [Command.set(files.ids)]},
        }
