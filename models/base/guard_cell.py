# Signs at which a spreadsheet takes a text for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def guard_cell(value):
    """Return a value that no spreadsheet takes for a formula: a customer chooses his own name.

    >>> print(guard_cell('=HYPERLINK("http://example.com")'))
    '=HYPERLINK("http://example.com")
    >>> guard_cell("Dupont"), guard_cell(-12)
    ('Dupont', -12)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value
