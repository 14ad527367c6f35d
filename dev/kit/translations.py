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


def main(new_path, old_path):
    fresh = polib.pofile(new_path, wrapwidth=78)
    taken = complete(fresh, polib.pofile(old_path))
    fresh.save()
    missing = [entry for entry in fresh if not entry.translated() and not entry.obsolete]
    for entry in missing[:10]:
        print(f"  not translated: {entry.msgid[:100]!r}")
    print(f"{new_path}: {len(fresh)} terms, {len(missing)} not translated, {taken} kept from the file before")


if __name__ == "__main__":
    main(*sys.argv[1:])
