import hashlib

from lxml import html as lxml_html

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.i18n import format_list

from ...escalation import Reason

# A change of these may end an approval.
DECIDED_FIELDS = frozenset({"contact_id", "subject", "body", "letter_body", "level_id", "line_ids", "lang",
                            "consequence_ids"})


class DunningNotice(models.Model):
    """Approvals: a formal notice, or a large one, leaves only when all who decide agreed with this very notice."""

    _inherit = "dunning.notice"

    _door_fields = frozenset({"approval_state", "approval_requester_id"})  # written by the answers

    approval_ids = fields.One2many("dunning.notice.approval", "notice_id", "Approvals", readonly=True, copy=False)
    approval_state = fields.Selection(
        [("none", "Not Asked"), ("pending", "Waiting"), ("approved", "Approved"), ("refused", "Refused"),
         ("lapsed", "Lapsed")],
        "Approval", compute="_compute_approval_state", store=True, precompute=True,
    )
    approval_requester_id = fields.Many2one("res.users", "Approval Asked By", readonly=True, copy=False,
                                            ondelete="set null")
    approval_text = fields.Text("About the Approval", compute="_compute_approval_text")
    needs_approval = fields.Boolean(compute="_compute_needs_approval", compute_sudo=True)
    may_preview = fields.Boolean(compute="_compute_may_preview")
    is_my_approval = fields.Boolean("Waits for Me", compute="_compute_is_my_approval", search="_search_is_my_approval")

    @api.depends("approval_ids.state", "approval_ids.is_current", "approval_ids.is_decider")
    def _compute_approval_state(self):
        for notice in self:
            deciders = notice.approval_ids.filtered("is_decider")
            states = set(deciders.filtered("is_current").mapped("state"))
            if "refused" in states:
                notice.approval_state = "refused"
            elif states:
                notice.approval_state = "approved" if states == {"approved"} else "pending"
            else:
                notice.approval_state = "lapsed" if deciders else "none"

    @api.depends("level_id.approval_ids", "stage", "amount_total", "is_call")
    def _compute_needs_approval(self):
        for notice in self:
            limit = notice.company_id.dunning_approval_amount
            notice.needs_approval = not notice.is_call and bool(
                notice.stage == "formal" or notice.level_id.approval_ids or limit and notice.amount_total > limit)

    @api.depends("approval_ids.candidate_ids", "approval_ids.state", "approval_ids.is_current", "state")
    @api.depends_context("uid")
    def _compute_is_my_approval(self):
        for notice in self:
            # sudo: the question is his, the notice need not be his to read.
            notice.is_my_approval = any(notice.sudo().approval_ids.mapped("is_mine"))

    @api.depends("approval_ids.candidate_ids")
    @api.depends_context("uid")
    def _compute_may_preview(self):
        """A preview puts the words of the day into the draft: not for who may only read the accounts."""
        works = self.env.user.has_group("account.group_account_invoice")
        for notice in self:
            # sudo: whether he is asked, whatever else he may read.
            notice.may_preview = works or self.env.user in notice.sudo().approval_ids.candidate_ids

    @api.model
    def _search_is_my_approval(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = [("state", "=", "to_approve"), ("approval_ids", "any", [
            ("candidate_ids", "=", self.env.uid), ("is_current", "=", True), ("state", "in", ("waiting", "silent"))])]
        return domain if True in value else ["!", *domain]

    @api.depends("state", "approval_state", "needs_approval", "approval_ids.state", "last_call_date")
    @api.depends_context("lang", "tz")
    def _compute_approval_text(self):
        """Say for whom the notice waits, or what keeps it from being asked for."""
        for notice in self:
            notice.approval_text = notice.state in ("draft", "to_approve") and notice.needs_approval \
                and notice.sudo()._get_approval_text()

    def _get_approval_text(self):
        current = self.approval_ids.filtered("is_current")
        if self.approval_state == "refused":
            return "\n".join(one._get_text() for one in current if one.state == "refused")
        problems = self._get_approval_problems()
        if problems:
            return self.env._("Before it can be approved: %(problems)s", problems=" ".join(problems))
        if self.approval_state == "approved":
            return self.env._("Approved by %(names)s.", names=format_list(self.env, [
                one.answered_uid.name for one in current if one.is_decider]))
        if not current:
            return self._get_last_call_text() or self.env._(
                "Nobody was asked for the approval yet. Press “Ask for Approval” when the notice is right.")
        waiting = current.filtered(lambda one: one.is_decider and one.state == "waiting")
        return self.env._("Waits for the approval of %(names)s.", names=format_list(
            self.env, [one._get_names() for one in waiting]))

    # --- doors ----------------------------------------------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        if not DECIDED_FIELDS.isdisjoint(vals):
            # sudo: whoever changes the notice ends the approval, which is not his to write.
            self.sudo().filtered(
                lambda one: one.state == "to_approve" and one.approval_ids)._lapse_changed()
        return result

    def _set_to_approve(self):
        drafts = self.filtered(lambda one: one.state == "draft")
        result = super()._set_to_approve()
        # sudo: approvals are asked on behalf of the notice.
        drafts.sudo().filtered("needs_approval")._begin_approval()
        return result

    def _set_cancelled(self, reason):
        notices = super()._set_cancelled(reason)
        # sudo: the questions may be for colleagues.
        notices.sudo().approval_ids.filtered("is_current")._set_lapsed()
        return notices

    @api.model
    def _prepare_notices(self, plans, today, run):
        notices, refused = super()._prepare_notices(plans, today, run)
        notices.filtered(lambda one: one.state == "draft" and one.needs_approval)._set_to_approve()
        return notices, refused

    # --- asking ---------------------------------------------------------------------------------------------------

    def _begin_approval(self):
        """Ask the approvers, unless something must be repaired or the customer is called first."""
        for notice in self:
            if not (notice._get_approval_problems() or notice._plan_last_call()):
                notice._ask_approvals()

    def _get_approval_problems(self):
        """Return the sentences of what must be repaired before anybody is asked. Override to add one."""
        return list(self.formal_problems or []) if "formal_problems" in self._fields else []

    def _check_approvable(self):
        problems = self._get_approval_problems()
        if problems:
            raise UserError(self.env._(
                "%(name)s cannot be approved yet. %(problems)s", name=self.display_name, problems=" ".join(problems)))

    def _ask_approvals(self):
        """Ask everybody the step names; each gets a reminder on his agenda."""
        for notice in self:
            notice.approval_ids.filtered("is_current")._set_lapsed()
            notice.approval_requester_id = notice._get_approval_requester()
            today = notice.company_id._get_dunning_today()
            approvals = self.env["dunning.notice.approval"].with_context(mail_create_nolog=True).create([
                {**vals, "notice_id": notice.id, "asked_date": today} for vals in notice._prepare_approvals()])
            approvals._plan_activities()

    # --- what was decided on --------------------------------------------------------------------------------------

    def _get_approval_print(self):
        """Return the fingerprint of what is decided on beside the sum: addressee and text."""
        return hashlib.sha256("\x1f".join(map(str, self._get_approval_facts())).encode()).hexdigest()

    def _get_approval_facts(self):
        """Return addressee and text as they were decided on; amounts and dates move on. Override to add one."""
        contact = self.contact_id or self.partner_id
        facts = [contact.display_name, contact._display_address(without_company=True), self.level_id.id, self.lang,
                 sorted(self.consequence_ids.ids)]
        if self.is_edited:
            return [*facts, self.subject, self._cut_table(self.body), self._cut_table(self.letter_body)]
        for template in (self._get_mail_template(), self._get_letter_template()):
            words = template.with_context(lang=self.lang)
            facts += [words.id, words.subject, words.body_html]
        return facts

    @api.model
    def _cut_table(self, text):
        """Return a text without its table of receivables, whose amounts are those of the day."""
        root = lxml_html.fragment_fromstring(text or "<p></p>", create_parent="div")
        for table in root.xpath("//*[contains(concat(' ', normalize-space(@class), ' '), ' dunning_table ')]"):
            table.drop_tree()
        return lxml_html.tostring(root, encoding="unicode")

    def _get_approval_lines(self):
        """Return the receivables that are put in default."""
        return sorted(self.line_ids.filtered(lambda line: line.role == "moving").line_id.ids)

    def _is_approved(self):
        """Tell whether all who decide agreed with this very notice; a smaller sum changes nothing."""
        deciders = self.approval_ids.filtered(lambda one: one.is_current and one.is_decider)
        return bool(deciders) and all(one.state == "approved" for one in deciders) and not self._get_outdated()

    def _get_outdated(self):
        """Return the answers that were given to another sum, addressee or text."""
        answered = self.approval_ids.filtered(lambda one: one.is_current and one.state == "approved")
        if not answered:
            return answered
        fingerprint, lines = self._get_approval_print(), set(self._get_approval_lines())
        return answered.filtered(lambda one: (
            one.fingerprint_at != fingerprint or not lines <= set(one.lines_at or ())
            or self.currency_id.compare_amounts(self.amount_total, one.amount_at) > 0))

    def _lapse_changed(self):
        """Ask again those who agreed with something else; their earlier answer stays readable."""
        for notice in self:
            outdated = notice._get_outdated()
            if not outdated:
                continue
            again = outdated.copy_data()
            outdated._set_lapsed()
            today = notice.company_id._get_dunning_today()
            approvals = self.env["dunning.notice.approval"].create([
                {name: vals[name] for name in ("notice_id", "role", "user_id", "group_id", "deputy_id", "candidate_ids",
                                               "is_decider") if name in vals} | {"asked_date": today}
                for vals in again])
            approvals._plan_activities()
            notice._add_warnings([self.env._(
                "The sum, the addressee or the text has changed: the approval was asked again.")])

    # --- answers --------------------------------------------------------------------------------------------------

    def _lock_approvals(self):
        """Let one answer at a time settle a notice: the second of two clicks finds the first.

        The row is written, not only locked: of two who answer at the same moment the second then begins again and
        sees the first answer, instead of settling a picture of the time before.
        """
        self.env.flush_all()
        self.env.cr.execute(SQL(
            """UPDATE dunning_notice notice SET write_date = notice.write_date
                 FROM (SELECT id FROM dunning_notice WHERE id = ANY(%s) ORDER BY id FOR UPDATE) locked
                WHERE notice.id = locked.id""", self.ids))
        self.invalidate_recordset(["state"])
        self.approval_ids.invalidate_recordset(["state", "is_current"])

    def _settle_approvals(self):
        """After an answer: one refusal sends the notice back, the agreement of all sends it off."""
        approved = self.browse()
        for notice in self.filtered(lambda one: one.state == "to_approve"):
            deciders = notice.approval_ids.filtered(lambda one: one.is_current and one.is_decider)
            refusal = deciders.filtered(lambda one: one.state == "refused")[:1]
            if refusal:
                notice._set_refused(refusal)
                continue
            notice._lapse_changed()
            if notice._is_approved():
                notice._set_approved()
                approved |= notice
        for company, notices in approved.grouped("company_id").items():
            if not company.dunning_stopped:
                self.env["dunning.run"]._create_sending_run(company, notices)

    def _set_approved(self):
        """All who decide agreed: nobody else is asked any more."""
        rows = self.approval_ids.filtered("is_current")
        rows.filtered(lambda one: one.state == "waiting").write({"state": "silent"})
        rows.activity_ids.unlink()
        self.followup_id._drop_attention(Reason.TO_DECIDE)
        self.followup_id._message_log(body=self.env._(
            "%(name)s was approved by %(people)s.", name=self.display_name,
            people=format_list(self.env, [one.answered_uid.name for one in rows if one.state == "approved"])))

    def _set_refused(self, refusal):
        """Back to the collector with the reason; nothing is sent, and no other notice takes its place meanwhile."""
        self._write_door({"state": "draft"})
        self.run_id = False
        others = self.approval_ids.filtered(lambda one: one.is_current and one.state in ("waiting", "silent"))
        others.write({"state": "lapsed"})
        self.approval_ids.activity_ids.unlink()
        reason = self.env._("%(name)s refused: %(comment)s", name=refusal.answered_uid.name,
                            comment=refusal.comment or "")
        self.followup_id._set_attention(Reason.TO_DECIDE, reason)
        self.followup_id._message_log(body=f"{self.display_name}. {reason}")
        collector = self.approval_requester_id or self.user_id or self.followup_id.user_id
        if collector:
            self.followup_id.with_context(mail_notify_force_send=False).activity_schedule(
                "mail.mail_activity_data_todo", user_id=collector.id, note=reason,
                date_deadline=self.company_id._get_dunning_today(),
                summary=self.env._("Refused: %(notice)s", notice=self.display_name))

    def _tell_silence(self, name):
        """Tell the collector that an approver is silent and that nobody else may decide."""
        collector = self.user_id or self.followup_id.user_id or self.approval_requester_id
        if collector:
            words = self.with_context(lang=collector.lang).env
            self.followup_id.with_context(mail_notify_force_send=False).activity_schedule(
                "mail.mail_activity_data_todo", user_id=collector.id,
                date_deadline=self.company_id._get_dunning_today(),
                summary=words._("%(notice)s still waits: %(name)s has not answered for 3 working days.",
                                notice=self.display_name, name=name))

    # --- production -----------------------------------------------------------------------------------------------

    def _recheck(self, today):
        """Nothing is produced that nobody approved as it is: it goes back to those who decide."""
        kept = super()._recheck(today)
        # sudo: the executor reads approvals for everybody.
        blocked = kept.sudo().filtered(lambda one: one.needs_approval and (
            not one._is_approved() or one._get_production_problems(today))).sudo(self.env.su)
        blocked._send_back()
        return kept - blocked

    def _get_production_problems(self, today):
        """Return what must be repaired before the letter is printed. Override to add one."""
        return self._get_approval_problems()

    def _send_back(self):
        for notice in self.sudo():
            notice._write_door({"state": "to_approve", "attempts": 0})
            notice.followup_id._add_attention(Reason.TO_DECIDE)
            if notice.approval_state == "approved":
                notice._lapse_changed()
            else:
                notice._begin_approval()

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_send(self):
        """Send what needs no approval or has it; ask for the large ones, and say for whom the formal ones wait."""
        # sudo: who is asked is not the collector's to read in every company.
        waiting = self.filtered(lambda one: one.state in ("draft", "to_approve")).sudo().filtered(
            lambda one: one.needs_approval and not one._is_approved()).sudo(self.env.su)
        if not waiting:
            return super().action_send()
        unasked = waiting.filtered(lambda one: one.state == "draft" and one.approval_state == "none"
                                   and one.stage != "formal")
        if unasked == waiting:
            waiting._set_to_approve()
            if self - waiting:
                super(DunningNotice, self - waiting).action_send()
            return waiting._notify_approval()
        raise UserError("\n".join(
            self.env._("%(name)s: %(reason)s", name=one.display_name, reason=one.approval_text or "")
            for one in waiting))

    def _notify_approval(self):
        message = " ".join(dict.fromkeys(notice.approval_text or "" for notice in self))
        return {
            "type": "ir.actions.client", "tag": "display_notification",
            "params": {"type": "info", "message": message, "next": {"type": "ir.actions.act_window_close"}},
        }

    def action_ask_approval(self):
        """Ask those who decide: for the first time, or again after a refusal or a repair."""
        self.check_access("write")
        notices = self.filtered(lambda one: one.needs_approval and (
            one.state == "draft" or one.state == "to_approve" and one.approval_state in ("none", "lapsed")))
        if not notices:
            raise UserError(self.env._("The approvers were asked already, or no approval is needed."))
        # sudo: approvals are asked on behalf of the notice.
        for notice in notices.sudo():
            notice._check_approvable()
            notice._close_last_call()
            if notice.state == "draft":
                notice._write_door({"state": "to_approve"})
            notice._ask_approvals()
            if notice.approval_state == "none":
                raise UserError(self.env._(
                    "Nobody can approve %(name)s: set an accounting manager or a director under Invoicing > "
                    "Configuration > Settings > Dunning.", name=notice.display_name))
        return notices._notify_approval()

    def action_preview_letter(self):
        if not self.env.su and not self.may_preview:
            raise AccessError(self.env._("Only who works on a notice or approves it previews its letter."))
        return super().action_preview_letter()

    def _get_my_approvals(self):
        approvals = self.sudo().approval_ids.filtered("is_mine").sudo(self.env.su)
        if not approvals:
            raise UserError(self.env._("None of these notices waits for your approval."))
        return approvals

    def action_approve(self):
        """Agree with these notices, on the form or in mass."""
        self._get_my_approvals().action_approve()

    def action_refuse(self):
        """Say why these notices do not go; one reason for all."""
        return self.env["dunning.refusal"]._get_dialog(self._get_my_approvals())


class DunningFollowup(models.Model):
    """A notice that was refused is still on the collector's table."""

    _inherit = "dunning.followup"

    def _get_histories(self, today):
        histories = super()._get_histories(today)
        rows = self.env.execute_query(SQL(
            """SELECT DISTINCT followup_id FROM dunning_notice
                WHERE followup_id = ANY(%s) AND state = 'draft' AND approval_state = 'refused'""", list(self.ids)))
        for (followup_id,) in rows:
            histories.setdefault(followup_id, {})["pending"] = True
        return histories
