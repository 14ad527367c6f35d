"""One worker: does what the scheduled action does, releasing what waits for it, until nothing is left."""
import os
import time

import psycopg2

PAUSE = float(os.environ.get("DUNNING_PAUSE", "0"))

runs, dispatches = env["dunning.run"], type(env["dunning.dispatch"])
record = dispatches._record_attempt


def record_late(self, success, reason):
    """Leave time to die between what the mail server accepted and its record."""
    time.sleep(PAUSE)
    return record(self, success, reason)


dispatches._record_attempt = record_late
for _round in range(20):
    runs._cron_run()
    env.cr.commit()
    waiting = runs.search([("phase", "=", "review")])
    if not waiting:
        break
    try:
        waiting.action_open_preview()
        waiting.action_release()
        env.cr.commit()
    except psycopg2.OperationalError:
        # The other worker released it at the same moment; a web request would be tried again, too.
        env.cr.rollback()
