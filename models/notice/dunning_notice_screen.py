from odoo import api, fields, models
from odoo.tools.misc import format_date

from ..policy.dunning_level import LETTER_CHANNELS


class DunningNotice(models.Model):
    """What the screens of a notice show beside its own fields, and what its buttons do."""

    _inherit = "dunning.notice"

    stop_text = fields.Char(related="company_id.dunning_stop_text")
    run_phase = fields.Selection(related="run_id.phase", string="Phase of the Run")
    run_state = fields.Selection(related="run_id.state", string="State of the Run")
    recent_text = fields.Char("Sent Lately", compute="_compute_recent_text")
    html_filename = fields.Char(compute="_compute_html_filename")
    shown_date = fields.Date("Date", compute="_compute_shown_date", help="The day it was sent, else prepared.")
    step_text = fields.Char("Step", compute="_compute_step_text")
    channels_text = fields.Char("Channels Used", compute="_compute_channels")
    has_email = fields.Boolean(compute="_compute_channels")
    has_letter = fields.Boolean(compute="_compute_channels")
    has_call = fields.Boolean(compute="_compute_channels")
    has_letter_to_post = fields.Boolean(compute="_compute_channels")
    preview_subject = fields.Char("Subject to Be", compute="_compute_previews")
    preview_body = fields.Html("E-mail to Be", compute="_compute_previews", sanitize=False)
    preview_letter = fields.Html("Letter to Be", compute="_compute_previews", sanitize=False)

    @api.depends("name")
    def _compute_html_filename(self):
        for notice in self:
            notice.html_filename = f"{notice.name}.html"

    @api.depends("followup_id.last_notice_date", "state")
    @api.depends_context("lang")
    def _compute_recent_text(self):
        """Warn of a draft that would follow another notice too soon; a person may have good reasons."""
        for notice in self:
            company, last = notice.company_id, notice.followup_id.last_notice_date
            days = (company._get_dunning_today() - last).days if last else None
            is_soon = notice.state == "draft" and last and days < company.sudo().dunning_quiet_days \
                and not notice.followup_id.last_notice_id.is_returned
            notice.recent_text = is_soon and self.env._(
                "This customer received “%(step)s” on %(date)s already.", date=format_date(self.env, last),
                step=notice.followup_id.last_notice_id.level_id.name,
            )

    @api.depends("date", "date_sent")
    def _compute_shown_date(self):
        for notice in self:
            notice.shown_date = notice.date_sent or notice.date

    @api.depends("is_call", "level_id")
    @api.depends_context("lang")
    def _compute_step_text(self):
        """A call that comes before a letter is not the letter."""
        for notice in self:
            level = notice.level_id.name
            if notice.is_call and level:
                notice.step_text = self.env._("Call before “%(level)s”", level=level)
            else:
                notice.step_text = self.env._("Phone call") if notice.is_call else level

    @api.depends("dispatch_ids.channel", "dispatch_ids.state", "level_id", "state")
    @api.depends_context("lang")
    def _compute_channels(self):
        labels = dict(self.env["dunning.dispatch"]._fields["channel"]._description_selection(self.env))
        for notice in self:
            channels = notice.dispatch_ids.mapped("channel")
            letters = notice.dispatch_ids.filtered(lambda one: one.channel in LETTER_CHANNELS)
            notice.channels_text = ", ".join(labels[channel] for channel in dict.fromkeys(channels))
            notice.has_email = "email" in channels
            notice.has_letter = not notice.is_call and notice._needs_letter()
            notice.has_call = "call" in channels
            notice.has_letter_to_post = notice.state in ("ready", "sent") and any(
                letter.state == "pending" for letter in letters)

    @api.depends("body", "letter_body", "level_id", "lang", "line_ids", "state", "subject")
    def _compute_previews(self):
        """Render what a draft would say if it left now; nothing is written, the text may still follow its template."""
        for notice in self:
            is_open = notice.level_id and notice.state in ("draft", "to_approve") and not notice.is_call
            mail = is_open and not notice.body and notice._get_mail_template()
            letter = is_open and not notice.letter_body and notice._get_letter_template()
            body = notice._render_preview(mail, "body_html")
            notice.preview_body = body and notice._with_table(body)
            notice.preview_letter = notice._render_preview(letter, "body_html")
            notice.preview_subject = not notice.subject and (
                notice._render_preview(mail, "subject") or notice._render_preview(letter, "subject"))

    def _render_preview(self, template, field_name):
        """Return a field of a template as this notice would say it, or nothing without template."""
        notice = self._origin
        return template and template._render_field(field_name, notice.ids, set_lang=notice.lang)[notice.id] or False

    # --- buttons --------------------------------------------------------------------------------------------------

    def action_send(self):
        """Hand the drafts over to the scheduled action, and say so: they leave in a moment."""
        super().action_send()
        return {
            "type": "ir.actions.client", "tag": "display_notification",
            "params": {
                "type": "info", "next": {"type": "ir.actions.act_window_close"},
                "message": self.env._("%(count)s notices are being sent. They leave in a moment.", count=len(self))
                if len(self) > 1 else self.env._("The notice is being sent. It leaves in a moment."),
            },
        }

    def action_preview_letter(self):
        """Print the letter as it would leave now; nothing is archived."""
        self.ensure_one()
        # sudo: the words of the template, the address of the customer and what is claimed, which nobody wrote; whoever
        # may read the notice may read them.
        notice = self.sudo()
        if self.state in ("draft", "to_approve"):
            # The same steps as when it is produced: its date, its deadline and its interest are of one day.
            today = self.company_id._get_dunning_today()
            notice._set_day(today)
            for line in notice.line_ids.filtered("due_date"):
                line.days_late = max(0, (today - line.due_date).days)
            notice._copy_addressee()
            notice._set_claims(today)
            notice._render_words()
        elif not self.letter_body:
            notice._render_words()
        return self.env.ref("account_dunning.action_report_dunning_letter").report_action(self, config=False)

    def action_write_text(self):
        """Put the words of the template into the draft, to change them by hand."""
        self.filtered(lambda one: one.state in ("draft", "to_approve"))._render_words()

    def action_log_call(self):
        """Note the outcome of the call of this notice."""
        self.ensure_one()
        return self.dispatch_ids.filtered(lambda one: one.channel == "call")[:1].action_log_call()

    def action_open_followup(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window", "res_model": "dunning.followup", "res_id": self.followup_id.id,
            "view_mode": "form", "views": [(False, "form")],
        }

    def action_open_run(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window", "res_model": "dunning.run", "res_id": self.run_id.id,
            "view_mode": "form", "views": [(False, "form")],
        }
