"""One worker: does what the scheduled action does, releasing what waits for it, until nothing is left."""
import psycopg2

runs = env["dunning.run"]
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
