import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.i18n import format_list
from odoo.tools.misc import format_amount, format_date

from ..policy.dunning_level_approver import ROLES

OPEN_STATES = ("waiting", "silent")
SILENCE_DAYS = 3  # working days after which the director hears that an approver did not answer


class DunningNoticeApproval(models.Model):
    """One person (or the members of a group) asked to agree with one notice before it leaves.

    This record decides. Its activities only remind: closing one decides nothing.
    """

    _name = "dunning.notice.approval"
    _description = "Approval of a Notice"
    _inherit = ["mail.thread", "mail.activity.mixin", "dunning.door"]
    _order = "id desc"
    _mail_post_access = "read"

    _door_fields = frozenset({
        "notice_id", "user_id", "role", "group_id", "is_decider", "candidate_ids", "deputy_id", "state", "date",
        "answered_uid", "amount_at", "fingerprint_at", "lines_at", "asked_date", "is_escalated", "is_current",
    })

    notice_id = fields.Many2one("dunning.notice", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="notice_id.company_id", store=True, precompute=True)
    role = fields.Selection(ROLES, required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Approver", readonly=True, ondelete="restrict", index="btree_not_null")
    group_id = fields.Many2one("res.groups", readonly=True, ondelete="set null")
    deputy_id = fields.Many2one("res.users", "Answers Instead", readonly=True, ondelete="restrict")
    candidate_ids = fields.Many2many("res.users", "dunning_notice_approval_user_rel", "approval_id", "user_id",
                                     "May Answer", readonly=True)
    is_decider = fields.Boolean("Decides", readonly=True, default=True)
    state = fields.Selection(
        [("waiting", "Waiting"), ("approved", "Agreed"), ("refused", "Refused"), ("lapsed", "Lapsed"),
         ("silent", "No Answer")],
        default="waiting", required=True, readonly=True, index=True,
    )
    is_current = fields.Boolean(default=True, readonly=True, help="Counts; older questions stay as history.")
    asked_date = fields.Date("Asked On", readonly=True)
    is_escalated = fields.Boolean("Manager Told", readonly=True)
    date = fields.Datetime("Answered On", readonly=True)
    answered_uid = fields.Many2one("res.users", "Answered By", readonly=True, ondelete="restrict")
    comment = fields.Text(help="Facts only: the customer may ask for a copy.")
    amount_at = fields.Monetary("Approved Sum", readonly=True)
    fingerprint_at = fields.Char(readonly=True)
    lines_at = fields.Json(readonly=True)

    # What is decided on, for people who see nothing else of the accounts.
    currency_id = fields.Many2one(related="notice_id.currency_id")
    partner_id = fields.Many2one(related="notice_id.partner_id", store=True, precompute=True)
    notice_state = fields.Selection(related="notice_id.state", string="State of the Notice")
    collector_id = fields.Many2one(related="notice_id.user_id", string="Collector")
    amount_total = fields.Monetary(related="notice_id.amount_total")
    amount_interest = fields.Monetary(related="notice_id.amount_interest")
    amount_compensation = fields.Monetary(related="notice_id.amount_compensation")
    deadline_date = fields.Date(related="notice_id.deadline_date")
    # compute_sudo: approvers may read what they decide without any right on accounting.
    step_text = fields.Char("Step", compute="_compute_notice_texts", compute_sudo=True)
    table_html = fields.Html("Receivables", compute="_compute_notice_texts", compute_sudo=True, sanitize=False)
    words_html = fields.Html("Text", compute="_compute_notice_texts", compute_sudo=True, sanitize=False)
    others_text = fields.Text("The Others", compute="_compute_others_text", compute_sudo=True)
    question_print = fields.Char(compute="_compute_question_print", compute_sudo=True)
    may_preview = fields.Boolean(related="notice_id.may_preview", related_sudo=False)
    is_mine = fields.Boolean("Waits for Me", compute="_compute_is_mine")

    @api.depends("partner_id", "notice_id")
    def _compute_display_name(self):
        for approval in self.sudo():
            approval.display_name = f"{approval.partner_id.name or ''} · {approval.notice_id.name or ''}"

    @api.depends("notice_id.line_ids", "notice_id.body", "notice_id.letter_body")
    @api.depends_context("lang")
    def _compute_notice_texts(self):
        for approval in self:
            notice = approval.notice_id
            approval.step_text = notice.step_text
            approval.table_html = notice.table_html
            approval.words_html = (notice.letter_body or notice.preview_letter) if notice.has_letter else \
                notice.body or notice.preview_body

    @api.depends("notice_id.approval_ids.state")
    @api.depends_context("lang", "tz")
    def _compute_others_text(self):
        for approval in self:
            others = (approval.notice_id.approval_ids - approval).filtered("is_current")
            approval.others_text = "\n".join(other._get_text() for other in others)

    @api.depends("notice_id.amount_total", "notice_id.contact_id", "notice_id.body", "notice_id.letter_body")
    def _compute_question_print(self):
        for approval in self:
            notice = approval.notice_id
            approval.question_print = f"{notice._get_approval_print()} {notice.amount_total}" if notice else False

    @api.depends("candidate_ids", "state", "is_current", "notice_id.state")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for approval in self:
            approval.is_mine = approval._is_open() and self.env.user in approval.sudo().candidate_ids

    def _is_open(self):
        """Tell whether an answer is still awaited, or welcome."""
        return self.is_current and self.state in OPEN_STATES and self.sudo().notice_id.state == "to_approve"

    def _get_names(self):
        """Say who is asked."""
        people = self.sudo()
        if people.group_id or not people.user_id and len(people.candidate_ids) > 3:
            return people.group_id.name or dict(self._fields["role"]._description_selection(self.env))[self.role]
        if people.deputy_id:
            return self.env._("%(deputy)s (for %(user)s)", deputy=people.deputy_id.name, user=people.user_id.name) \
                if people.user_id and people.user_id != people.deputy_id else people.deputy_id.name
        return people.user_id.name or format_list(self.env, people.candidate_ids.mapped("name"), style="or")

    def _get_text(self):
        """Return "Marie Dupont agreed on 3 December: pays always late" for those who decide after."""
        states = dict(self._fields["state"]._description_selection(self.env))
        role = self.env._("decides") if self.is_decider else self.env._("consulted")
        text = self.env._("%(name)s (%(role)s): %(state)s", name=self.sudo().answered_uid.name or self._get_names(),
                          role=role, state=states[self.state])
        if self.date:
            text = self.env._("%(text)s, %(date)s", text=text, date=format_date(self.env, self.date))
        return self.env._("%(text)s: %(comment)s", text=text, comment=self.comment) if self.comment else text

    # --- who may write what ---------------------------------------------------------------------------------------

    def write(self, vals):
        """Nobody changes what somebody else, or he himself, has answered."""
        if "comment" in vals and not self.env.su and not all(approval.is_mine for approval in self):
            raise AccessError(self.env._("Only who is asked may comment, and only before the answer."))
        return super().write(vals)

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_approve(self):
        """Agree with these notices; those that are agreed by all who decide are sent."""
        self._answer("approved")

    def action_refuse(self):
        """Refuse: the notice goes back to the collector with the reason."""
        if any(not approval.comment for approval in self):
            return self.env["dunning.refusal"]._get_dialog(self)
        self._answer("refused")
        return None

    def action_open_notice(self):
        return self.notice_id.action_open()

    def action_preview_letter(self):
        """Read the letter as it would leave."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "target": "new", "url": f"/dunning/approval/{self.id}/letter"}

    def _get_letter(self):
        """Return the PDF of the notice: the archived one, else how it would be printed today."""
        notice = self.notice_id.with_context(bin_size=False)
        if notice.pdf:
            return base64.b64decode(notice.pdf)
        if not notice.has_letter:
            return b""
        notice.action_preview_letter()
        return notice._render_letters()[notice.id]

    def _answer(self, state, comment=None):
        """Record the answers of the current user, then let each notice go on, back, or wait for the others."""
        self.check_access("read")
        # sudo: answering is the right of who is asked; nothing else of the notice is his to write.
        notices = self.sudo().notice_id
        notices._lock_approvals()
        mine = self.filtered("is_mine")
        if not mine:
            raise UserError(self._get_refusal_text())
        seen = self.env.context.get("dunning_seen")
        if seen and len(mine) == 1 and seen != mine.question_print:
            raise UserError(self.env._(
                "The sum, the addressee or the text has changed since you opened this. Reload it and read it again."))
        for approval in mine.sudo():
            notice = approval.notice_id
            if state == "approved":
                notice._check_approvable()
            approval.write({
                "state": state, "date": fields.Datetime.now(), "answered_uid": self.env.uid,
                "comment": comment or approval.comment, "amount_at": notice.amount_total,
                "fingerprint_at": notice._get_approval_print(), "lines_at": notice._get_approval_lines(),
            })
        mine.sudo().activity_ids.unlink()
        notices._settle_approvals()

    def _get_refusal_text(self):
        """Say why nothing can be answered here."""
        for approval in self:
            if self.env.user not in approval.sudo().candidate_ids:
                return self.env._("%(name)s was asked, not you.", name=approval._get_names())
            if approval.date:
                return self.env._("Answered already. %(text)s", text=approval._get_text())
        return self.env._("This notice does not wait for an approval any more.")

    # --- reminders ------------------------------------------------------------------------------------------------

    def _plan_activities(self):
        """Remind everybody who may answer before silence is told; one answer closes the reminders of all."""
        for approval in self.with_context(mail_notify_force_send=False):
            day = approval.company_id._get_dunning_calendar().add_working_days(approval.asked_date, SILENCE_DAYS)
            for user in approval.deputy_id or approval.candidate_ids:
                approval._plan_activity(user, day)

    def _plan_activity(self, user, day, note=""):
        approval = self.with_context(lang=user.lang)
        approval.activity_schedule("mail.mail_activity_data_todo", date_deadline=day, user_id=user.id, note=note,
                                   summary=approval._get_question())

    def _get_question(self):
        """Say in one line what is asked, in the language of who is asked; the record names the customer."""
        notice = self.notice_id
        values = {"step": notice.step_text or notice.name,
                  "amount": format_amount(self.env, notice.amount_total, notice.currency_id)}
        if self.is_decider:
            return self.env._("Decide: %(step)s, %(amount)s", **values)
        return self.env._("Your opinion: %(step)s, %(amount)s", **values)

    def _set_lapsed(self):
        """Keep an answer as history: it counts no more."""
        self.filtered(lambda one: one.state != "refused").write({"state": "lapsed"})
        self.write({"is_current": False})
        self.activity_ids.unlink()

    def _escalate(self, company):
        """Nobody answered in time: the director is told, and may decide in place of a silent decider."""
        boss = (company.dunning_director_id or company.dunning_accounting_manager_id).filtered(
            lambda user: user._may_dunning_approve(company))
        for approval in self:
            others = boss - approval.candidate_ids - approval.notice_id.approval_requester_id
            if approval.is_decider:
                others = others or approval.notice_id._get_other_managers() - approval.candidate_ids
            values = {"is_escalated": True} if approval.is_decider else {"is_escalated": True, "state": "silent"}
            name = approval._get_names()
            if others:
                values["candidate_ids"] = [fields.Command.link(user.id) for user in others]
            approval.write(values)
            for user in others:
                approval._plan_activity(user, company._get_dunning_today(), note=approval.with_context(
                    lang=user.lang).env._("%(name)s has not answered for 3 working days.", name=name))
            if approval.is_decider and not others:
                approval.notice_id._tell_silence(name)

    def _replace_absent(self, company):
        """Give what waits for somebody who is out of office, or left for good, to his deputy or to a manager."""
        for approval in self.with_context(active_test=False):  # those who left, too
            requester, asked = approval.notice_id.approval_requester_id, approval.deputy_id or approval.user_id
            left = approval.candidate_ids.filtered(lambda user: not user._may_dunning_approve(company))
            deputy = self.env["res.users"]
            if asked in left or asked and asked._is_dunning_absent(company):
                deputy = asked._get_dunning_substitute(company, requester)
            others = deputy or approval.candidate_ids - left or approval.notice_id._get_other_managers()
            if not others or others == approval.candidate_ids:
                continue
            new = others - approval.candidate_ids
            approval.activity_ids.filtered(lambda one, others=others: one.user_id not in others).unlink()
            approval.write({"candidate_ids": [fields.Command.set(others.ids)],
                            "deputy_id": deputy.id or (approval.deputy_id - left).id})
            for user in new:
                approval._plan_activity(user, company._get_dunning_today())
