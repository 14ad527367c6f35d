from odoo.tools.misc import formatLang, get_lang

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def format_money(env, amount, currency, digits=None):
    """Return "1 234,56 €" in the language of ``env``, with spaces at which no line breaks.

    French writes the sign behind the number, whatever the currency: "2 980,93 $".
    """
    digits = currency.decimal_places if digits is None else digits
    text = formatLang(env, float(amount) + 0.0, digits=digits)
    is_after = currency.position == "after" or (get_lang(env).code or "").startswith("fr")
    parts = (text, currency.symbol or currency.name) if is_after else (currency.symbol or currency.name, text)
    return " ".join(parts).replace(" ", NO_BREAK_SPACE).replace("\N{NARROW NO-BREAK SPACE}", NO_BREAK_SPACE)
