import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import SQL
from odoo.tools.i18n import format_list

from ..notice.dunning_notice_interest import CHARGEABLE_KINDS, WARNED_PROBLEMS
from ..notice.dunning_notice_plan import ROLE_RANKS

# What a consumer never reads, and what a formal notice never says.
BUSINESS_WORDS = re.compile(
    r"L\.?\s*441-10|D\.?\s*441-5|indemnité\s+forfaitaire|pénalités?\s+de\s+retard|frais\s+de\s+(recouvrement|dossier)"
    r"|fixed\s+compensation|late[- ]payment\s+(interest|penalt)|recovery\s+costs", re.I)
FORBIDDEN_WORDS = re.compile(
    r"huissier|sauf\s+erreur|sous\s+huitaine|dernier\s+avis|tribunal\s+d.instance|poursuites\s+pénales|fichage"
    r"|errors?\s+(and\s+omissions\s+)?excepted|(?<!served\sby\sa\s)bailiff"
    r"|si\s+votre\s+(paiement|règlement)\s+a\s+croisé|please\s+disregard",
    re.I)


class DunningNotice(models.Model):
    """What must be repaired before anybody is asked to approve a formal notice, and what it demands."""

    _inherit = "dunning.notice"

    # compute_sudo: settings of the company and the books are read for whoever decides.
    formal_problems = fields.Json("To Repair First", compute="_compute_formal_problems", compute_sudo=True)
    formal_problem_text = fields.Text("Problems", compute="_compute_formal_problems", compute_sudo=True)

    @api.depends("state", "stage", "is_call", "is_edited", "letter_body", "deadline_date", "level_id", "amount_total",
                 "contact_id", "contact_id.street", "contact_id.city", "partner_id", "partner_id.dunning_debtor_kind",
                 "company_id.dunning_signatory_id", "company_id.company_registry", "line_ids.role",
                 "line_ids.amount_residual", "line_ids.line_id")
    @api.depends_context("lang")
    def _compute_formal_problems(self):
        for notice in self:
            is_open = notice.stage == "formal" and not notice.is_call and notice.state in ("draft", "to_approve")
            problems = notice._get_formal_problems() if is_open else []
            notice.formal_problems = problems
            notice.formal_problem_text = "\n".join(f"• {problem}" for problem in problems)

    def _get_formal_problems(self):
        """Return each thing that keeps this notice from being approved, and what to do. Override to add one."""
        return list(filter(None, (
            *self._get_party_problems(), *self._get_claim_problems(), *self._get_text_problems())))

    def _get_party_problems(self):
        """Return what is missing of debtor and creditor."""
        contact, company = self.contact_id or self.partner_id, self._get_creditor()
        signatory = company.dunning_signatory_id
        if contact._is_dunning_stand_in() and not self._has_postal_address(contact):
            yield self.env._("%(name)s stands in for the customer and has no postal address of his own: choose another "
                             "type of address on the contact, and enter it.", name=contact.display_name)
        elif not self._has_postal_address(contact):
            yield self.env._("%(name)s has no postal address: enter street and city.", name=contact.display_name)
        if self._get_debtor_kind() == "unknown":
            yield self.env._("The kind of debtor is not known: set it on the customer.")
        partner = company.partner_id
        if not (partner._get_dunning_siren() or partner.company_registry and partner.country_code != "FR"):
            yield self.env._(
                "Our own registration number (SIREN or SIRET) is missing or wrong: enter it on the company.")
        if not signatory:
            yield self.env._("Nobody signs: choose a signatory in the settings of dunning.")
        elif not signatory.function:
            yield self.env._("The capacity of the signatory %(name)s is missing: enter the job position on his "
                             "contact.", name=signatory.name)

    def _get_claim_problems(self):
        """Return what makes the sum uncertain."""
        lines = self._get_demanded_lines()
        if not lines or self.currency_id.compare_amounts(self.amount_total, 0) <= 0:
            yield self.env._("Nothing is demanded: put at least one invoice in default, or cancel the notice.")
        credits = self._get_open_credits()
        if credits:
            yield self.env._("Payments or credit notes are not allocated (%(names)s): allocate them first, the sum "
                             "must be certain.", names=format_list(self.env, credits))
        names = self._get_invoice_names(lines - self._get_reminded_lines(lines))
        if names:
            yield self.env._("%(names)s: no reminder was sent after the due date. Remind first, or take it out of the "
                             "demand.", names=format_list(self.env, names))
        yield from self._get_rate_problems(lines)
        if self.name in (False, "/"):
            yield self.env._("The notice has no number.")

    def _get_open_credits(self):
        """Return the names of what the customer has paid or been credited and nobody has allocated yet."""
        rows = self._get_line_snapshots([], self.partner_id.ids, self._get_creditor())
        names = [row["name"] or "" for row in rows.get(("credits", self.partner_id.id), ())]
        return list(dict.fromkeys(filter(None, [*names, *self._get_credit_lines().mapped("name")])))

    def _get_reminded_lines(self, lines):
        """Return the lines of which a reminder has left after the due date. A line without ledger is a copy."""
        rows = self.env.execute_query(SQL(
            """SELECT DISTINCT line.line_id
                 FROM dunning_notice_line line
                 JOIN dunning_notice notice ON notice.id = line.notice_id
                WHERE line.line_id = ANY(%s) AND notice.id <> %s AND notice.state = 'sent'
                  AND notice.is_returned IS NOT TRUE AND notice.stage NOT IN ('none', 'preventive')
                  AND line.role IN ('moving', 'listed') AND notice.date_sent > line.due_date""",
            lines.line_id.ids, self._origin.id or 0))
        reminded = {line_id for (line_id,) in rows}
        return lines.filtered(lambda line: not line.line_id or line.line_id.id in reminded)

    def _get_rate_problems(self, lines):
        """Return for which invoices no interest can be computed; nothing when the notice claims none."""
        if not self.level_id.claims_interest or self._get_debtor_kind() not in CHARGEABLE_KINDS or not lines.line_id:
            return
        claims = lines.line_id._get_interest_claims(self.company_id._get_dunning_today())
        problems = {}
        for line in lines:
            claim = claims.get(line.line_id.id)
            if claim and claim.problem in WARNED_PROBLEMS:
                problems.setdefault(claim.problem_text, []).append(line.name or "")
        for problem, names in problems.items():
            yield self.env._("%(names)s: %(problem)s", names=format_list(self.env, list(dict.fromkeys(names))),
                             problem=problem)

    def _get_text_problems(self):
        """Return what is wrong with the words; a text written by hand may say anything."""
        if not self._get_letter_template() and not self.letter_body:
            yield self.env._("The step has no text of a letter: set one.")
        if not self.is_edited:
            return
        if self.deadline_date and self.deadline_date < self.company_id._get_dunning_today():
            yield self.env._("The deadline is in the past: choose a later day.")
        text = self._refresh_figures(self.letter_body or "")
        words = " ".join(str(text).replace("&nbsp;", " ").replace("\N{NO-BREAK SPACE}", " ").split())
        yield from self._get_word_problems(words)
        if self.deadline_text and self.deadline_text.replace("\N{NO-BREAK SPACE}", " ") not in words:
            yield self.env._("The text does not name the deadline, %(date)s: write it, or take the words of the step.",
                             date=self.deadline_text)

    def _get_word_problems(self, words):
        """Return what a text says that this debtor must not read."""
        found = FORBIDDEN_WORDS.search(words)
        if found:
            yield self.env._("The text says “%(words)s”: take it out of a formal notice.", words=found.group())
        found = self._get_formal_kind() == "consumer" and BUSINESS_WORDS.search(words)
        if found:
            yield self.env._("The text says “%(words)s”: that may not be claimed from a consumer. Take the text for "
                             "consumers.", words=found.group())

    # --- what is demanded -----------------------------------------------------------------------------------------

    @api.model
    def _add_plan_vals(self, vals_list, followup, case, plan, snapshots, today, run):
        """What a formal notice lists for information is outside its sum."""
        before = len(vals_list)
        problem = super()._add_plan_vals(vals_list, followup, case, plan, snapshots, today, run)
        for vals in vals_list[before:]:
            if self.env["dunning.level"].browse(vals["level_id"]).stage == "formal" and not vals.get("is_call"):
                vals["amount_total"] = self._sum_formal(command[2] for command in vals["line_ids"])
        return problem

    def _recheck_one(self, case, snapshots, today):
        kept = super()._recheck_one(case, snapshots, today)
        kept._set_formal_total()
        return kept

    @api.model
    def _sum_formal(self, lines):
        """Return the sum demanded, in the currency of the company: what is put in default less credits."""
        return sum(
            line["amount_company"] - (line["amount_held_company"] if line["role"] == "moving" else 0.0)
            for line in lines if line["role"] in ("moving", "credit"))

    def _set_formal_total(self):
        for notice in self.filtered(lambda one: one.stage == "formal" and not one.is_call):
            total = notice.currency_id.round(notice._sum_formal(notice.line_ids))
            if notice.currency_id.compare_amounts(total, notice.amount_total):
                notice.amount_total = total

    def _move_line(self, line, role):
        """Put a receivable in default, or take it out: a decision of a manager before the approval."""
        self.ensure_one()
        if not self.env.su and not self.env.user.has_group("account_dunning.group_dunning_manager"):
            raise AccessError(self.env._("Only a dunning manager decides which invoices are put in default."))
        if self.stage != "formal" or self.state not in ("draft", "to_approve"):
            raise UserError(self.env._("Only a formal notice that has not been produced can be changed."))
        if role != "moving" and self._get_demanded_lines() == line:
            raise UserError(self.env._("This is the only invoice demanded. Cancel the notice instead."))
        self.write({"line_ids": [Command.update(line.id, {
            "role": role, "role_rank": ROLE_RANKS[role], "level_id": self.level_id.id if role == "moving" else False,
        })]})
        self._set_formal_total()
        self._set_claims(self.company_id._get_dunning_today())


class DunningNoticeLine(models.Model):
    """A manager may add an invoice to what a formal notice demands, or take it out."""

    _inherit = "dunning.notice.line"

    def action_demand(self):
        """Put this receivable in default."""
        for line in self.filtered(lambda one: one.role in ("listed", "claimed")):
            line.notice_id._move_line(line, "moving")

    def action_inform(self):
        """Show this receivable for information, outside the sum."""
        for line in self.filtered(lambda one: one.role == "moving"):
            line.notice_id._move_line(line, "listed")
