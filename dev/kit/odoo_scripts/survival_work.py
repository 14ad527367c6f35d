"""One worker: does what the scheduled action does, releasing what waits for it, until nothing is left."""
runs = env["dunning.run"]
for _round in range(20):
    runs._cron_run()
    env.cr.commit()
    waiting = runs.search([("phase", "=", "review")])
    if not waiting:
        break
    waiting.action_open_preview()
    waiting.action_release()
    env.cr.commit()
