import re

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path

from odoo.addons.account_dunning.escalation import Reason

# Whatever stands for a value, or is code: it must be in the French as it is in the English.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\{.*?\}\}|\bt-[\w-]+=\"[^\"]*\"|\binvisible=\"[^\"]*\"")
TAG = re.compile(r"</?\w+")


class TestTranslationFile(TransactionCase):
    """The French file says everything that the English says, and loses nothing of it on the way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.terms = polib.pofile(file_path("account_dunning/i18n/account_dunning.pot"))
        cls.french = polib.pofile(file_path("account_dunning/i18n/fr.po"))
        cls.entries = [entry for entry in cls.french if not entry.obsolete]

    def _assert_same(self, pattern):
        """Assert that English and French of each term hold the same pieces."""
        for entry in self.entries:
            with self.subTest(term=entry.msgid[:80]):
                self.assertEqual(sorted(pattern.findall(entry.msgid)), sorted(pattern.findall(entry.msgstr)))

    def test_every_term_is_in_the_french_file(self):
        known = {entry.msgid for entry in self.entries}
        self.assertFalse([term.msgid for term in self.terms if term.msgid not in known])

    def test_no_translation_is_empty(self):
        self.assertGreater(len(self.entries), 1000)
        self.assertFalse([entry.msgid for entry in self.entries if not entry.msgstr.strip()])

    def test_no_translation_is_doubtful(self):
        self.assertFalse([entry.msgid for entry in self.entries if entry.fuzzy])

    def test_no_term_is_translated_twice(self):
        terms = [entry.msgid for entry in self.entries]
        self.assertEqual(len(terms), len(set(terms)))

    def test_placeholders_are_preserved(self):
        self._assert_same(PLACEHOLDER)

    def test_markup_is_preserved(self):
        self._assert_same(TAG)

    def test_french_punctuation_stands_behind_a_no_break_space(self):
        """A line must never begin with a colon, a question mark or a closing quotation mark."""
        for entry in self.entries:
            with self.subTest(term=entry.msgid[:80]):
                self.assertFalse(re.findall(r"[« ] [:;?!»](?!=)|« ", re.sub(r"<[^>]*>", "", entry.msgstr)))


@tagged("post_install", "-at_install")
class TestFrenchScreens(TransactionCase):
    """What a French user reads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.env["ir.module.module"]._load_module_terms(["account_dunning"], ["fr_FR"])
        cls.french = cls.env(context={"lang": "fr_FR"})

    def test_step_is_summed_up_in_french(self):
        level = self.french.ref("account_dunning.dunning_level_standard_2")
        self.assertEqual(level.name, "Deuxième relance")
        self.assertEqual(
            level.summary,
            "E-mail et courrier, 15 jours après l'échéance, au moins 8 jours après la relance précédente",
        )

    def test_clauses_are_parted_by_a_french_semicolon(self):
        summary = self.french.ref("account_dunning.dunning_level_standard_formal").summary
        self.assertIn("\N{NO-BREAK SPACE}; envoi manuel uniquement", summary)

    def test_reasons_are_said_in_french(self):
        english = dict(self.env["dunning.followup"]._fields["reason"]._description_selection(self.env))
        french = dict(self.french["dunning.followup"]._fields["reason"]._description_selection(self.french))
        self.assertEqual(french[Reason.NOT_DUE.value], "La facture n'est pas encore échue")
        self.assertFalse([code for code, sentence in english.items() if french[code] == sentence])

    def test_menus_are_in_french(self):
        self.assertEqual(self.french.ref("account_dunning.dunning_menu").name, "Recouvrement")
        self.assertEqual(self.french.ref("account_dunning.dunning_policy_menu").name, "Scénarios de relance")

    def test_letters_are_in_french(self):
        for template in self.french["mail.template"].search([("model", "=", "dunning.notice")]):
            with self.subTest(template=template.name):
                self.assertNotRegex(template.body_html or "", r"\b(Please|Dear|invoices?|payment)\b(?![_.\"])")
