import logging

import psycopg2

from odoo import fields, models
from odoo.modules import module

_logger = logging.getLogger(__name__)

RECORD_ATTEMPTS = 5


class MailMail(models.Model):
    """Deliver the e-mails of notices exactly once.

    Odoo's queue commits after SMTP, so a process that dies in between sends a mail twice. Our mails go one at a time:
    the notice is committed as ``sending`` first; what happened is recorded in the same transaction as Odoo's result;
    a notice that is found ``sending`` after its process died becomes ``uncertain`` and a person decides.
    """

    _inherit = "mail.mail"

    dunning_dispatch_id = fields.Many2one("dunning.dispatch", ondelete="set null", index="btree_not_null")

    def _filter_mail_mail_servers(self, mail_servers):
        """Runs never use the personal server of a user: it is throttled and bears the wrong name."""
        if self.dunning_dispatch_id:
            return mail_servers.filtered(lambda server: not server.owner_user_id)
        return super()._filter_mail_mail_servers(mail_servers)

    def _send(self, auto_commit=False, raise_exception=False, smtp_session=None, alias_domain_id=False,
              mail_server=False, post_send_callback=None):
        options = {"smtp_session": smtp_session, "alias_domain_id": alias_domain_id, "mail_server": mail_server}
        # sudo: the mail queue runs without dunning rights.
        ours = self.filtered(lambda mail: mail.sudo().dunning_dispatch_id)
        others = self - ours
        if others:
            super(MailMail, others)._send(auto_commit=auto_commit, raise_exception=raise_exception,
                                          post_send_callback=post_send_callback, **options)
        for mail, dispatch in [(mail, mail.sudo().dunning_dispatch_id) for mail in ours]:
            # Each by itself: a commit empties the cache, and what is read anew should not be read for all.
            ours.browse(mail.id)._send_notice(dispatch.browse(dispatch.id), options)
        return True

    def _send_notice(self, dispatch, options):
        """Send one mail of ours between two commits."""
        self._dunning_commit()
        if not dispatch._lock_sending():
            return  # another worker is at it
        try:
            if not dispatch._reserve_sending():
                return
            self._dunning_commit()
            self._send_and_record(dispatch, options)
        except Exception:
            # What was reserved stays committed: the notice will show as uncertain. The lock must go all the same.
            self._dunning_rollback()
            raise
        finally:
            dispatch._unlock_sending()

    def _send_and_record(self, dispatch, options):
        """Send and commit what happened; when the books changed meanwhile, only the record is written again."""
        results = []
        try:
            super(MailMail, self.with_context(dunning_results=results))._send(  # pylint: disable=super-method-mismatch
                auto_commit=False, raise_exception=False, **options)
            self.env.flush_all()
            self._dunning_commit()
        except psycopg2.OperationalError:
            if not results:
                raise
            self._record_again(dispatch, results)

    def _record_again(self, dispatch, results):
        """Record on a fresh snapshot what a message that is already gone has become."""
        for _attempt in range(RECORD_ATTEMPTS):
            self._dunning_rollback()
            try:
                for success, reason in results:
                    self.state = "sent" if success else "exception"
                    dispatch._record_attempt(success, reason)
                self.env.flush_all()
                self._dunning_commit()
                return
            except psycopg2.OperationalError:
                _logger.info("Dispatch %s: its result is recorded again", dispatch.id, exc_info=True)
        self._dunning_rollback()
        _logger.warning("The result of dispatch %s could not be recorded; it will show as uncertain", dispatch.id)

    def _dunning_rollback(self):
        if not module.current_test:
            self.env.cr.rollback()  # clears the cache and what waits to be written, too

    def _dunning_commit(self):
        """Commit between the steps: reserve, commit, act, record."""
        if not module.current_test:
            self.env.cr.commit()  # pylint: disable=invalid-commit

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Every known outcome passes here before the mail is deleted."""
        for mail in self:
            dispatch = mail.sudo().dunning_dispatch_id
            if dispatch:
                success = bool(success_pids or success_emails)
                reason = failure_reason or mail.failure_reason or dispatch._get_failure_text(failure_type)
                mail.env.context.get("dunning_results", []).append((success, reason))
                dispatch._record_attempt(success, reason)
        return super()._postprocess_sent_message(success_pids, success_emails, failure_reason=failure_reason,
                                                 failure_type=failure_type)
