"""Count and complete a translation file. Runs in the virtual environment (polib).

usage: python translations.py NEW.po OLD.po    keep in NEW what OLD translated, and tell what is missing
"""

import sys

import polib


def complete(fresh, old):
    """Take over the translations that the export lost; return how many."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in old if entry.msgstr and not entry.obsolete}
    taken = 0
    for entry in fresh:
        before = known.get((entry.msgctxt, entry.msgid))
        if before and not entry.msgstr:
            entry.msgstr, entry.flags = before.msgstr, before.flags
            taken += 1
    return taken


def empty_outdated(fresh, old):
    """Empty what was translated from an older English, and return it.

    The names, labels and helps of a database keep their translation when only the English changes, and the export
    writes the one beside the other.
    """
    known = {(entry.msgctxt, entry.msgid) for entry in old}
    outdated = [entry for entry in fresh if entry.msgstr and (entry.msgctxt, entry.msgid) not in known]
    for entry in outdated:
        print(f"  its English changed: {entry.msgid[:100]!r}, was {entry.msgstr[:100]!r}")
        entry.msgstr = ""
    return outdated


def main(new_path, old_path):
    fresh, old = polib.pofile(new_path, wrapwidth=78), polib.pofile(old_path)
    empty_outdated(fresh, old)
    taken = complete(fresh, old)
    fresh.save()
    missing = [entry for entry in fresh if not entry.translated() and not entry.obsolete]
    for entry in missing[:10]:
        print(f"  not translated: {entry.msgid[:100]!r}")
    print(f"{new_path}: {len(fresh)} terms, {len(missing)} not translated, {taken} kept from the file before")


if __name__ == "__main__":
    main(*sys.argv[1:])
