import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg2

from odoo import fields, models
from odoo.tools import SQL

LOCK_SPACE = 19_441_048  # of the advisory locks of builds
# What was found out about a part: a build that is ended by the server goes on from there.
FOUND = ("path", "pdf", "pages", "size", "sha256", "problem", "reason")


class DunningEvidenceFile(models.Model):
    """A server ends a scheduled action that takes long: the next one goes on where this one stood.

    What was fetched and printed stays in a folder of this file until it is built, or failed. On another server, or
    when the folder is gone, all is done again.
    """

    _inherit = "dunning.evidence.file"

    work_key = fields.Char(readonly=True, copy=False)
    parts_reached = fields.Integer(readonly=True, copy=False, help="How far the attempts before came.")

    @contextmanager
    def _lock_build(self):
        """Keep other processes from the same file, over all the commits of its build; a process that dies lets go."""
        cr = self.env.cr
        cr.execute(SQL("SELECT pg_try_advisory_lock(%s, %s)", LOCK_SPACE, self.id))
        [is_ours] = cr.fetchone()
        try:
            if is_ours:
                self._commit_step()  # what the process before us wrote is seen from here on
                self.invalidate_recordset()
            yield is_ours
        except psycopg2.Error:
            cr.rollback()
            raise
        finally:
            if is_ours:
                cr.execute(SQL("SELECT pg_advisory_unlock(%s, %s)", LOCK_SPACE, self.id))

    def _get_work_folder(self):
        """Return the folder of this file; its name can be guessed by nobody."""
        if not self.work_key:
            self._write_door({"work_key": uuid4().hex})
        folder = Path(tempfile.gettempdir()) / f"dunning_evidence_{self.work_key}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return str(folder)

    def _drop_work_folder(self):
        if self.work_key:
            shutil.rmtree(Path(tempfile.gettempdir()) / f"dunning_evidence_{self.work_key}", ignore_errors=True)
            self._write_door({"work_key": False, "parts_reached": 0})

    def _count_attempt(self):
        """Return the number of this attempt: those that brought the file forward do not count."""
        if self.parts_done > self.parts_reached:
            self._write_door({"parts_reached": self.parts_done})
            return 1
        return self.attempts + 1

    def _remember(self, part, folder):
        """Note what was found out about a part."""
        note = Path(self._get_note(part, folder))
        draft = note.with_suffix(".draft")
        draft.write_text(json.dumps({"of": self._get_identity(part), **{name: getattr(part, name) for name in FOUND}}))
        os.replace(draft, note)

    def _recall(self, part, folder):
        """Take over what an attempt before found out; return whether there was anything."""
        try:
            found = json.loads(Path(self._get_note(part, folder)).read_text())
        except (OSError, ValueError):
            return False
        files = [found[name] for name in ("path", "pdf") if found.get(name)]
        if found.pop("of", None) != self._get_identity(part) or not all(map(os.path.isfile, files)):
            return False
        for name in FOUND:
            setattr(part, name, found[name])
        return True

    @staticmethod
    def _get_note(part, folder):
        return os.path.join(folder, f"part-{part.number}.json")

    @staticmethod
    def _get_identity(part):
        return [part.title, part.section, part.attachment, part.invoice, part.notice, part.message]
