"""The numbers of registered letters, checked where their form is known. Nothing here knows Odoo.

La Poste numbers its registered letters by a digit, a letter and eleven digits; the Universal Postal Union (standard
S10) by two letters, nine digits of which the last one checks the others, and the country.

>>> normalize("2c 123 456 7890 1")
'2C12345678901'
>>> is_valid("2C12345678901", "La Poste"), is_valid("2C1234567890", "La Poste")
(True, False)
>>> is_valid("RR123456785FR", "La Poste"), is_valid("RR123456780FR", "La Poste")
(True, False)
>>> is_valid("8d0f-77", "AR24"), is_valid("RR123456780DE", "Deutsche Post")
(True, False)
"""

import re

FRENCH = re.compile(r"\d[A-Z]\d{11}")
INTERNATIONAL = re.compile(r"([A-Z]{2})(\d{8})(\d)([A-Z]{2})")
# Providers whose letters the French post carries under its own numbers.
FRENCH_POST = re.compile(r"la\s*poste|lrar|maileva|merci\s*facteur|docaposte", re.IGNORECASE)
WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def normalize(number):
    """Return a number as it is compared: without spaces, in capitals; one with other signs is left as it is."""
    text = re.sub(r"\s+", "", number or "")
    return text.upper() if text.isalnum() else text


def is_valid(number, provider=""):
    """Tell whether a number can be one of this provider; what is not known is believed."""
    international = INTERNATIONAL.fullmatch(number)
    if international:
        return int(international[3]) == get_check_digit(international[2])
    return bool(FRENCH.fullmatch(number)) or not FRENCH_POST.search(provider or "")


def get_check_digit(digits):
    """Return the check digit of the eight digits of an S10 number.

    >>> get_check_digit("47312482")
    9
    """
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)
