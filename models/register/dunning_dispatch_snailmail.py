from odoo import api, fields, models
from odoo.fields import Domain

from ...escalation import Reason
from ..run.dunning_run_night import NightStep


class ResCompany(models.Model):
    """Whether Odoo's own postal service prints and posts plain letters."""

    _inherit = "res.company"

    dunning_use_snailmail = fields.Boolean(
        "Post Letters with Snailmail",
        help="Plain letters only, with the very PDF that is archived. Registered letters are deposited by a person.",
    )


class ResConfigSettings(models.TransientModel):
    """The setting, offered where the service is installed."""

    _inherit = "res.config.settings"

    dunning_use_snailmail = fields.Boolean(related="company_id.root_id.dunning_use_snailmail", readonly=False)
    has_snailmail = fields.Boolean(compute="_compute_has_snailmail")

    def _compute_has_snailmail(self):
        self.has_snailmail = "snailmail.letter" in self.env


class DunningNotice(models.Model):
    """Plain letters go to the postal service as soon as they are produced."""

    _inherit = "dunning.notice"

    def _freeze(self, today):
        super()._freeze(today)
        self.dispatch_ids._hand_to_snailmail()


class DunningDispatch(models.Model):
    """A plain letter that Odoo's postal service carries: queued with the frozen PDF, sent when the service says so."""

    _inherit = "dunning.dispatch"

    _door_fields = frozenset({"snailmail_key"})

    snailmail_key = fields.Integer("Snailmail Letter", readonly=True, copy=False)

    def _hand_to_snailmail(self):
        """Queue the plain letters of companies that use the service; the others wait to be posted by a person."""
        if "snailmail.letter" not in self.env:
            return
        for letter in self.filtered(lambda one: one.channel == "letter" and one.state == "pending"
                                    and not one.snailmail_key and one.company_id.dunning_use_snailmail):
            if letter.notice_id.pdf_sha256 and not letter._get_address_problem() and letter._get_addressee().country_id:
                # sudo: the queue of the postal service is technical.
                queued = self.env["snailmail.letter"].sudo().create(letter._prepare_snailmail_vals())
                letter.sudo().snailmail_key = queued.id

    def _prepare_snailmail_vals(self):
        """Return the values of the queued letter: a copy of the archived file, as it is."""
        followup = self.followup_id
        attachment = self.env["ir.attachment"].sudo().create({
            "name": self._get_letter_filename(), "raw": self._get_frozen_letter(), "mimetype": "application/pdf",
            "res_model": followup._name, "res_id": followup.id,
        })
        return {"model": followup._name, "res_id": followup.id, "partner_id": self._get_addressee().id,
                "company_id": self.company_id.id, "attachment_id": attachment.id, "cover": False}

    def _follow_snailmail(self, company, today):
        """Take over what the service says of its queue; a letter that it refused waits for a person."""
        if "snailmail.letter" not in self.env:
            return
        pending = self.search(self._get_queued_domain(company))
        # sudo: the queue of the postal service is technical.
        queue = self.env["snailmail.letter"].sudo().browse(pending.mapped("snailmail_key")).exists().grouped("id")
        for letter in pending:
            queued = queue.get(letter.snailmail_key)
            if queued and queued.state == "sent":
                letter._set_sent(today)
            elif not queued or queued.state in ("error", "canceled"):
                letter._take_back_from_snailmail(queued)

    @api.model
    def _get_queued_domain(self, company):
        return Domain("company_id", "=", company.id) & Domain("snailmail_key", ">", 0) & Domain("state", "=", "pending")

    def _take_back_from_snailmail(self, queued):
        if queued:
            queued.state = "canceled"
        self.sudo().snailmail_key = False
        self.followup_id._add_attention(Reason.NOT_MADE)
        self.followup_id._message_log(body=self.env._(
            "Snailmail did not post letter %(name)s. Print and post it.", name=self.notice_id.name))

    def _cancel_mails(self):
        super()._cancel_mails()
        keys = [key for key in self.mapped("snailmail_key") if key]
        if keys and "snailmail.letter" in self.env:
            self.env["snailmail.letter"].sudo().browse(keys).exists().filtered(
                lambda one: one.state in ("pending", "error")).cancel()


class DunningRun(models.Model):
    """Every night: hear what became of the letters that the postal service took."""

    _inherit = "dunning.run"

    def _get_night_steps(self):
        letters = self.env["dunning.dispatch"]
        waits = self._has("dunning.dispatch", letters._get_queued_domain(self.company_id))
        return [NightStep(self._apart(letters._follow_snailmail, self.date), waits)] + super()._get_night_steps()
