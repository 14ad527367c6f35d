from odoo import api, fields, models
from odoo.tools.i18n import format_list

from ...escalation import Reason
from ..dispatch.dunning_dispatch import merge_letters
from ..policy.dunning_level import LETTER_CHANNELS

PRINTED = "dunning_joint_debtor"  # in the context while the letter to this partner is printed


class DunningNotice(models.Model):
    """A formal notice written to everybody who owes the sum as a whole, each by a letter of his own.

    The choice: one notice, one sum, one approval, one deadline, one claim of interest; for each joint debtor one more
    ``dunning.dispatch`` with its own frozen letter. A notice of his own for each would have claimed the sum twice.

    He reads the very text that was approved, in the language of the notice. It is written to him only when it is true
    for him: he must answer for every invoice demanded, and be the same kind of debtor as the customer, because what a
    business owes (interest of commerce, compensation) may not be claimed from a consumer by the same words. Else no
    letter is made for him, the approvers read why beforehand, and the customer shows it; the others are written to.
    """

    _inherit = "dunning.notice"

    joint_text = fields.Text("Joint Debtors", compute="_compute_joint_text", compute_sudo=True,
                             help="Who else receives this notice, as owing the whole, and who does not and why.")

    @api.depends("stage", "state", "partner_id", "line_ids.role", "dispatch_ids.joint_debtor_id")
    @api.depends_context("lang")
    def _compute_joint_text(self):
        for notice in self:
            rows = notice._get_joint_rows() if notice.state in ("draft", "to_approve") else []
            texts = [problem or self.env._("%(name)s, %(address)s", name=person.display_name, address=notice.sudo()
                                           ._get_recipient_text("registered", person, notice.followup_id))
                     for person, _basis, problem in rows]
            notice.joint_text = "\n".join(texts or [
                problem or f"{one.joint_name}, {one.recipient}" for one in notice.dispatch_ids._get_joint()
                for problem in [one.state == "failed" and one.failure_reason]])

    # --- who ------------------------------------------------------------------------------------------------------

    def _get_joint_rows(self):
        """Return (joint debtor, what binds him, why no letter is made for him) of all who answer for a part of this."""
        if self.stage != "formal" or self.is_call or self.is_elsewhere:
            return []
        # sudo: who owes is part of what is claimed, whoever reads or produces the notice.
        owing = self.sudo().partner_id.commercial_partner_id.dunning_joint_debtor_ids.filtered(
            lambda one: one.company_id == self._get_creditor())
        lines, rows = self._get_demanded_lines(), []
        for person, records in owing.grouped("debtor_id").items():
            covering = records.filtered(lambda one: any(one._covers(line) for line in lines))
            if covering:
                free = lines.filtered(
                    lambda line: not any(one._covers(line) for one in covering))  # noqa: B023 -- used at once
                basis = format_list(self.env, list(dict.fromkeys(covering.mapped("basis"))))
                rows.append((person, basis, self._get_joint_problem(person, free)))
        return rows

    def _get_joint_problem(self, person, free):
        """Return why this joint debtor is not written to, or nothing.

        :param free: what is demanded and he does not answer for
        """
        words = {"name": person.display_name}
        if free:
            return self.env._(
                "%(name)s: no letter, as he does not answer for %(invoices)s. Demand what he owes by a notice of its "
                "own.", invoices=format_list(self.env, self._get_invoice_names(free)), **words)
        kind = person.with_company(self._get_creditor()).dunning_debtor_kind or "unknown"
        if kind != self._get_debtor_kind():
            labels = dict(person._fields["dunning_debtor_kind"]._description_selection(self.env))
            return self.env._(
                "%(name)s: no letter, as this text is for another kind of debtor (%(kind)s, the customer: %(own)s). "
                "Correct the kind, or write to him apart in the words for his kind.",
                kind=labels.get(kind, kind), own=labels.get(self._get_debtor_kind(), self._get_debtor_kind()), **words)
        if not self._has_postal_address(person):
            return self.env._("%(name)s: no letter, as the postal address is not complete.", **words)
        if person.is_dunning_address_wrong:
            return self.env._("%(name)s: no letter, as letters came back from this address. Correct or confirm it.",
                              **words)
        return ""

    # --- what is decided on ---------------------------------------------------------------------------------------

    def _get_formal_warnings(self):
        yield from super()._get_formal_warnings()
        for _person, _basis, problem in self._get_joint_rows():
            yield problem

    def _get_approval_facts(self):
        """One approval is for all letters: another joint debtor, basis or address is decided on anew."""
        rows = [[person.id, person.display_name, person._display_address(without_company=True), basis]
                for person, basis, problem in self._get_joint_rows() if not problem]
        return [*super()._get_approval_facts(), *([rows] if rows else [])]

    # --- the letter -----------------------------------------------------------------------------------------------

    def _get_printed_joint(self):
        """Return the joint debtor whose letter is being printed, empty for the letter to the customer.

        Anybody may put a number into the context of a report: only who owes beside this customer is named.
        """
        number = self.env.context.get(PRINTED)
        if not number:
            return self.env["res.partner"]
        # sudo: who owes is part of what is claimed.
        people = self.sudo().partner_id.commercial_partner_id.dunning_joint_debtor_ids.debtor_id
        return people.filtered(lambda one: one.id == number).sudo(self.env.su)

    def _get_address_lines(self):
        # sudo: the name and address of the addressee.
        person = self._get_printed_joint().sudo()
        if not person:
            return super()._get_address_lines()
        return self._fit_window(person.display_name, person._display_address(without_company=False))

    def _get_printed_way(self):
        """Return the line that says how this letter goes."""
        if not self._get_printed_joint():
            return self.dispatch_text
        return self._in_customer_language()._get_way_text(self._get_joint_channel(self._get_printed_joint().sudo()))

    def _get_joint_words(self):
        """Return who is held and the sentence that says so, nothing on the letter to the customer."""
        person, notice = self._get_printed_joint(), self._in_customer_language().sudo()
        rows = notice._get_joint_rows() if person else []
        row = next((row for row in rows if row[0] == person), None)
        if not row:
            return {}
        env, own = notice.env, row[0].with_env(notice.env)
        others = [notice.partner_id.commercial_partner_id.name, *(
            other.display_name for other, _basis, problem in rows if other != person and not problem)]
        words = {"names": notice._join_words(others), "basis": row[1]}
        if notice._is_french():
            sentence = env._(
                "You owe the whole of this debt jointly and severally with %(names)s (%(basis)s), under article 1313 "
                "of the Civil Code. The sum is due once: what any of you pays frees all of you to that extent.",
                **words)
        else:
            sentence = env._(
                "You owe the whole of this debt jointly and severally with %(names)s (%(basis)s). The sum is due once: "
                "what any of you pays frees all of you to that extent.", **words)
        parts = (own.display_name, own._get_dunning_form(), own._get_dunning_seat(), own._get_dunning_identifier())
        return {"name": ", ".join(filter(None, parts)), "sentence": sentence}

    def _render_joint_letter(self, person):
        """Return the letter to one joint debtor: the approved words, table and annex under his own name."""
        return self.with_context(**{PRINTED: person.id})._render_letters()[self.id]

    def _add_joint_letters(self, content):
        """Return a preview with the letters to the joint debtors behind the one to the customer."""
        people = [person for person, _basis, problem in self._get_joint_rows() if not problem]
        return merge_letters([content, *map(self._render_joint_letter, people)]) if people else content

    @api.model
    def _complete_previews(self, letters):
        letters = super()._complete_previews(letters)
        for notice in self.browse(letters).filtered(lambda one: one.state in ("draft", "to_approve")):
            letters[notice.id] = notice._add_joint_letters(letters[notice.id])
        return letters

    # --- production -----------------------------------------------------------------------------------------------

    def _freeze_letters(self):
        super()._freeze_letters()
        for notice in self.filtered(lambda one: one.stage == "formal" and one.pdf_sha256):
            notice._freeze_joint_letters()

    def _freeze_joint_letters(self):
        """Make the letter of each joint debtor; who cannot be written to is shown, and keeps no other letter back."""
        # sudo: letters that were not posted are made anew with their notice.
        self.dispatch_ids._get_joint().filtered(lambda one: one.state in ("pending", "failed")).sudo().unlink()
        problems = []
        for person, basis, problem in self._get_joint_rows():
            # sudo: the register is written by whoever produces the notice.
            dispatch = self.env["dunning.dispatch"].sudo().create(self._prepare_joint_vals(person, basis, problem))
            if problem:
                problems.append(problem)
            else:
                dispatch._keep_letter(self._render_joint_letter(person))
        self._settle_joint()
        if problems:
            self.followup_id._message_log(body="\n".join([self.display_name, *problems]))

    def _prepare_joint_vals(self, person, basis, problem):
        channel = self._get_joint_channel(person)
        return {
            "notice_id": self.id, "followup_id": self.followup_id.id, "channel": channel, "leading": False,
            "date_planned": self.date, "user_id": self.user_id.id, "joint_debtor_id": person.id,
            "joint_name": person.display_name, "joint_basis": basis,
            "recipient": self._get_recipient_text(channel, person, self.followup_id) if channel != "electronic"
            else person.email_normalized,
            "state": "failed" if problem else "pending", "failure_reason": problem,
        }

    def _get_joint_channel(self, person):
        """Return the way of the customer's letter where it leads to this person too, else the registered post."""
        channel = self._get_leading_channel()
        if channel == "electronic":
            agrees = person.email_normalized and person._accepts_dunning_electronic(self.company_id)
            return channel if agrees else "registered"
        return channel if channel in LETTER_CHANNELS else "registered"

    def _settle_joint(self):
        """Show on the customer whether a joint debtor was not reached by the last formal notice."""
        for notice in self:
            unreached = notice.dispatch_ids._get_joint().filtered(
                lambda one: one.state == "failed" or one.state == "returned" and not one._has_arrived())
            if unreached:
                notice.followup_id._add_attention(Reason.JOINT_UNREACHED)
            else:
                notice.followup_id._drop_attention(Reason.JOINT_UNREACHED)

    def _set_cancelled(self, reason):
        notices = super()._set_cancelled(reason)
        notices.filtered(lambda one: one.dispatch_ids._get_joint()).followup_id._drop_attention(Reason.JOINT_UNREACHED)
        return notices

    def _get_produced_letters(self):
        joint = self.dispatch_ids._get_joint().filtered(lambda one: one.state == "pending" and one.letter_sha256)
        return super()._get_produced_letters() + [
            (one.letter_filename, one._get_frozen_letter()) for one in joint]


class DunningNoticeApproval(models.Model):
    """Who decides reads all letters that leave with his approval."""

    _inherit = "dunning.notice.approval"

    joint_text = fields.Text(related="notice_id.joint_text", string="Joint Debtors", related_sudo=True)

    def _get_letter(self):
        content = super()._get_letter()
        is_preview = content and not self.notice_id.pdf
        return self.notice_id._add_joint_letters(content) if is_preview else content
