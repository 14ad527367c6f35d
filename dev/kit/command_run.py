"""Show the add-on at work: a French company with demo customers, tonight's run prepared, released and delivered.

usage: dev/run [--port PORT] [--fresh | --keep]     ... and then serve the web client until Ctrl-C
       dev/run --once                               ... and end, leaving letters and e-mails in a folder
       dev/run --reset                              remove the databases and templates that were built here

--fresh  begin with new demo data even when nothing changed
--keep   keep the database although the add-on changed, and update the add-on in it

What is missing is fetched and kept in the user's cache folder. ODOO_SRC (an Odoo 19.0 source), the PG* variables (a
PostgreSQL) and a wkhtmltopdf with patched Qt on the PATH are used when given.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import sys

from .databases import Databases
from .network import free_port, is_free
from .places import MODULE, OUT, checkout_key, code_digest, gone_checkouts
from .server import mail_catcher, point_to, web_server
from .toolchain import Toolchain
from .ui import Failure, guarded, say, step

PORT = 8069


def main():
    return guarded(lambda: _main(_arguments()))


def _arguments():
    parser = argparse.ArgumentParser(prog="dev/run", usage=argparse.SUPPRESS, description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--fresh", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--reset", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=PORT, help=argparse.SUPPRESS)
    return parser.parse_args()


def _main(arguments):
    if not arguments.once and not arguments.reset and not is_free(arguments.port):
        raise Failure(f"Something listens on port {arguments.port} already", "Stop it, or choose another: --port 8070")
    tools = Toolchain()
    databases = Databases(tools)
    if arguments.reset:
        return _reset(databases)
    if arguments.once:
        return _once(tools, databases)
    return _serve(tools, databases, arguments)


def _once(tools, databases):
    """Deliver the night of a fresh copy, and end."""
    name = databases.dev_name("once")
    databases.copy(_demo(databases), name)
    try:
        folder = _clear(OUT / "once")
        with mail_catcher(tools, folder / "mails") as mail_port:
            _deliver(tools, databases, name, free_port(), mail_port, folder)
    finally:
        databases.drop(name)
    return 0


def _serve(tools, databases, arguments):
    """Serve the database of this checkout, built anew when the add-on changed."""
    name, port, folder = databases.dev_name("dev"), arguments.port, OUT / "run"
    wanted = _demo_mark(databases)
    known = databases.exists(name)
    with mail_catcher(tools, folder / "mails") as mail_port:
        if arguments.fresh or not known or (databases.mark(name) != wanted and not arguments.keep):
            if known:
                say("          the add-on, Odoo or the day changed: a new database with new demo data (else: --keep)")
            databases.copy(_demo(databases), name)
            _deliver(tools, databases, name, port, mail_port, _clear(folder))
            databases.set_mark(name, wanted)
        elif databases.mark(name) != wanted:
            with step("Update the add-on in the database"):
                databases.install(name, [MODULE], "-u", MODULE)
        point_to(databases, name, port, mail_port)
        with web_server(tools, name, port, crons=1) as running:
            _welcome(port, folder)
            running.wait()
    raise Failure("The server has ended by itself", "Look at its log in the folder logs of the cache.")


def _demo_mark(databases):
    """Return what the demo data depends on: the code, and the day its dates are counted from."""
    return f"{databases.base('demo')} {code_digest()} {datetime.date.today()}"


def _demo(databases):
    """Return the database with the add-on and its demo data, before any run; never served itself."""
    name, wanted = databases.dev_name("demo"), _demo_mark(databases)
    if not databases.exists(name) or databases.mark(name) != wanted:
        databases.copy(databases.base("demo"), name)
        with step("Install the add-on with its demo data"):
            databases.install(name, [MODULE], "--with-demo")
        databases.set_mark(name, wanted)
    return name


def _clear(folder):
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mails").mkdir(parents=True)
    return folder


def _deliver(tools, databases, name, port, mail_port, folder):
    """Prepare, release and deliver tonight's run, and say what came of it."""
    point_to(databases, name, port, mail_port)
    # Letters fetch their style sheet from this server; it runs no scheduled action, the night is ours.
    with web_server(tools, name, port, crons=0), step("Prepare tonight's run, release it, deliver it"):
        databases.script(name, "night.py", folder=folder)
    _show(folder)


def _show(folder):
    nights = json.loads((folder / "summary.json").read_text())
    for night in nights:
        _show_night(night)
    letters = len(list((folder / "letters").glob("*.pdf")))
    mails = len(list((folder / "mails").glob("*.eml")))
    say(f"\n{letters} letters in {folder / 'letters'}\n{mails} e-mails in {folder / 'mails'}")


def _show_night(night):
    say(f"\nTonight's run {night['run']}: {night['state'].lower()}, {night['customers']} customers looked at")
    say(f"  planned {night['planned']:3}  " + ", ".join(f"{count} {level}" for level, count in night["levels"]))
    sent = night["notices"].get("Sent", 0)
    others = [f"{count} {state.lower()}" for state, count in night["notices"].items() if state != "Sent"]
    say(f"  sent    {sent:3}  " + ", ".join(others))
    for channel, states in night["channels"].items():
        say(f"    {channel}: " + ", ".join(f"{count} {state.lower()}" for state, count in states.items()))
    say(f"  skipped {sum(night['skipped'].values()):3}  receivables")
    for reason, count in sorted(night["skipped"].items(), key=lambda item: -item[1]):
        say(f"    {count:3}  {reason}")
    if night["errors"]:
        say(f"  errors: {night['errors']}")


def _welcome(port, folder):
    say(f"\nThe web client is at http://127.0.0.1:{port} - login admin, password admin (Ctrl-C ends it)")
    say(f"E-mails it sends go nowhere: they are kept in {folder / 'mails'}")


def _reset(databases):
    """Remove what can be built again, also for checkouts that were moved or removed."""
    keys = {checkout_key(), *gone_checkouts()}
    for name in databases.names("dunning_"):
        if name.startswith("dunning_base_") or name.rsplit("_", 1)[-1] in keys:
            say(f"          drop {name}")
            databases.drop(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
