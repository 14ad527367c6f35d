import hashlib

from babel.numbers import format_decimal
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.pdf import merge_pdf

from .dunning_litigation_document import NO_BREAK_SPACE
from .overprint import overprint

REPORT = "account_dunning.report_vat_statement"
MAX_DUPLICATES = 50


class DunningLitigation(models.Model):
    """The VAT of what stays unpaid: what the customer gets before it comes back, sent and kept.

    A duplicate of the invoice with the official mention; a statement replaces the duplicates of several invoices
    (BOI-TVA-DED-40-10-20). The sums are in the currency of the company: that of the VAT return.
    """

    _inherit = "dunning.litigation"

    with_vat = fields.Boolean(
        "Recover the VAT", help="Only when the VAT was paid to the Treasury, the claim is definitively irrecoverable "
                                "(or the customer is in liquidation), and the statement was sent to him.")
    with_duplicates = fields.Boolean(
        "Duplicates of the Invoices", help="The statement is followed by a duplicate of each invoice that bears the "
                                           "official mention. That of a single invoice is always added: the statement "
                                           "replaces the duplicates of several only.")
    vat_statement_id = fields.Many2one("ir.attachment", "VAT Statement", readonly=True, copy=False,
                                       ondelete="restrict")
    date_vat_statement = fields.Date("VAT Statement Sent On", copy=False, tracking=True,
                                     help="By e-mail from here, or the day on which you posted it.")

    @api.constrains("date_vat_statement")
    def _check_date_vat_statement(self):
        for case in self.filtered("date_vat_statement"):
            if not case.vat_statement_id:
                raise ValidationError(self.env._("Print the VAT statement first: what was sent is kept with the case."))
            if case.date_vat_statement > case.company_id._get_dunning_today():
                raise ValidationError(self.env._("The VAT statement was sent today or earlier."))
            case._tick_vat_statement()

    def _tick_vat_statement(self):
        """The row of the checklist about it is done, with the statement as its proof."""
        step = self.env.ref("account_dunning.litigation_step_write_off_3", raise_if_not_found=False)
        for row in self.sudo().check_ids.filtered(lambda one: step and one.step_id == step and not one.is_done):
            row.write({"is_done": True, "attachment_ids": [fields.Command.link(self.vat_statement_id.id)]})

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_print_vat_statement(self):
        """Print the statement of unpaid invoices, and keep it as printed."""
        self.ensure_one()
        statement = self._keep_vat_statement()
        return {"type": "ir.actions.act_url", "url": f"/web/content/{statement.id}?download=true", "target": "new"}

    def action_send_vat_statement(self):
        """Open an e-mail to the customer with the statement."""
        self.ensure_one()
        statement = self._keep_vat_statement()
        template = self.env.ref("account_dunning.mail_template_vat_statement")
        return {
            "type": "ir.actions.act_window", "res_model": "mail.compose.message", "view_mode": "form", "target": "new",
            "views": [(False, "form")], "name": self.env._("VAT Statement"),
            "context": {
                "default_model": self._name, "default_res_ids": self.ids, "default_composition_mode": "comment",
                "default_template_id": template.id, "default_attachment_ids": statement.ids,
                "default_partner_ids": self.partner_id.ids, "dunning_vat_statement": True,
                "default_email_layout_xmlid": "mail.mail_notification_light",
            },
        }

    def message_post(self, **kwargs):
        message = super().message_post(**kwargs)
        if self.env.context.get("dunning_vat_statement") and self.vat_statement_id in message.attachment_ids:
            self.with_context(dunning_vat_statement=False).date_vat_statement = self.company_id._get_dunning_today()
        return message

    def _keep_vat_statement(self):
        """Return the statement as a file of the case; an unchanged one is not made twice."""
        self.check_access("write")
        self._check_vat_statement()
        content = self._print_vat_statement()
        # sudo: what is kept is no choice of the user.
        statement = self.env["ir.attachment"].sudo().create({
            "name": f"Etat-impayes-{self.name}-{self.company_id._get_dunning_today():%Y-%m-%d}.pdf",
            "raw": content, "mimetype": "application/pdf", "res_model": self._name, "res_id": self.id,
        })
        self._write_door({"vat_statement_id": statement.id})
        self._message_log(body=self.env._(
            "VAT statement printed and kept: %(file)s (SHA-256 %(hash)s)", file=statement.name,
            hash=Markup("<span class='text-break'>%s</span>") % hashlib.sha256(content).hexdigest()))
        return statement.sudo(self.env.su)

    def _print_vat_statement(self):
        """Return the statement, and behind it the duplicates that the customer gets."""
        # sudo: it is printed for whoever works on the case, whatever he may read of the books.
        content, _kind = self.env["ir.actions.report"].sudo()._render_qweb_pdf(REPORT, self.ids)
        duplicates = self._get_duplicates()
        return merge_pdf([content, *duplicates]) if duplicates else content

    def _get_duplicates(self):
        """Return the invoices as they were sent, each with its mention: a single one, or all when they are wanted."""
        rows = self._get_vat_rows()
        moves = self.env["account.move"].sudo().union(*(row["move"] for row in rows)).filtered("invoice_date")
        if len(rows) > 1 and not self.with_duplicates or not moves:
            return []
        if len(moves) > MAX_DUPLICATES:
            raise UserError(self.env._("Duplicates are printed for at most %(count)s invoices at once: the statement "
                                       "replaces them.", count=MAX_DUPLICATES))
        files = self._get_invoice_pdfs(moves)
        return [self._overprint_duplicate(row["move"], files.get(row["move"].id, b""), row["mention"])
                for row in rows if row["move"] in moves]

    @api.model
    def _get_invoice_pdfs(self, moves):
        """Return {invoice id: PDF}: as it was sent, else printed now."""
        files = {move.id: move.invoice_pdf_report_id.raw for move in moves if move.invoice_pdf_report_id.raw}
        return files | self.env["dunning.notice"]._render_invoices(moves.filtered(lambda move: move.id not in files))

    def _overprint_duplicate(self, move, pdf, mention):
        try:
            return overprint(pdf, f"DUPLICATA – facture n° {move.name}", mention)
        except Exception as error:  # a broken file raises whatever its reader stumbles over
            raise UserError(self.env._("The file of %(invoice)s cannot be read, so it bears no mention: print the "
                                       "invoice and write the mention on it by hand.", invoice=move.name)) from error

    def _check_vat_statement(self):
        if self.route_code != "write_off" and self.state != "lost":
            raise UserError(self.env._("The VAT of a claim is recovered once it is irrecoverable."))
        if not self._get_vat_rows():
            raise UserError(self.env._(
                "Nothing is unpaid on the invoices of this case, or they bear no VAT that was due to the Treasury (VAT "
                "on payments is due when the customer pays, and only then)."))

    # --- what it says ---------------------------------------------------------------------------------------------

    def _get_vat_rows(self):
        """Return the unpaid invoices that bear VAT: number, label, date, net and VAT of what is unpaid."""
        rows = []
        # sudo: what is printed is the same for whoever prints it.
        for move, lines in self.sudo().line_ids.line_id.grouped("move_id").items():
            amount = sum(line._get_unpaid_for_vat() for line in lines)
            vat = move._get_dunning_vat_part(amount)
            if vat:
                net = move.company_currency_id.round(amount - sum(
                    one[1] for one in move._get_dunning_vat(amount)))
                rows.append({
                    "move": move, "name": move.name, "label": ", ".join(move.invoice_line_ids.filtered(
                        lambda one: one.display_type == "product" and one.name).mapped("name"))[:120],
                    "date": self._fr_date(move.invoice_date), "net": net, "vat": vat,
                    "total": abs(move.amount_total_signed),
                    "total_text": self._fr_amount(abs(move.amount_total_signed), move.company_currency_id),
                    "foreign_text": self._get_foreign_total(move),
                    "mention": self._get_vat_mention(net, vat),
                    "untaxed_text": self._fr_amount(abs(move.amount_untaxed_signed), move.company_currency_id),
                    "tax_text": self._fr_amount(abs(move.amount_tax_signed), move.company_currency_id),
                    "net_text": self._fr_euros(net), "vat_text": self._fr_euros(vat),
                })
        return rows

    def _get_foreign_total(self, move):
        """Return the total that stands on an invoice in another currency, and what a unit of ours was then."""
        if move.currency_id == move.company_currency_id or not move.amount_total_signed:
            return ""
        rate = format_decimal(abs(move.amount_total / move.amount_total_signed), format="0.0000", locale="fr")
        return (f"facturé {self._fr_amount(move.amount_total, move.currency_id)}, "
                f"1{NO_BREAK_SPACE}{move.company_currency_id.symbol}{NO_BREAK_SPACE}="
                f"{NO_BREAK_SPACE}{rate}{NO_BREAK_SPACE}{move.currency_id.symbol}")

    def _fr_euros(self, amount):
        return self._fr_amount(amount, self.company_id.currency_id)

    def _get_vat_mention(self, net, vat):
        """Return the official mention: it tells the customer that he may not deduct this VAT."""
        return (f"Facture demeurée impayée pour la somme de {self._fr_euros(net)} (prix net) et pour la somme de "
                f"{self._fr_euros(vat)} (TVA correspondante) qui ne peut faire l'objet d'une déduction "
                f"(article{NO_BREAK_SPACE}272 du CGI)")


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_unpaid_for_vat(self):
        """Return what no money and no credit note ever covered: open, doubtful, or lost; in the company's currency."""
        losses = self._get_written_off()
        return (sum(one._get_unpaid()[0] for one in self | self._get_doubtful_lines())
                - sum(losses.mapped("balance")) - sum(losses._get_returned().mapped("balance")))
