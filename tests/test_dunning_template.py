import re

from odoo.modules.module import Manifest
from odoo.tests import tagged

from .letter_common import TEMPLATES, LetterCommon

FORBIDDEN = (
    "huissier", "tribunal", "poursuites", "fichage", "saisie", "huitaine", "sauf erreur", "sauf omission",
    "contentieux", "bailiff", "court", "lawsuit", "seizure", "blacklist", "errors and omissions", "legal action",
)
DEBT_WORDS = ("impay", "relance", "retard", "dette", "unpaid", "reminder", "overdue", "debt", "late")


@tagged("post_install", "-at_install")
class TestDunningTemplates(LetterCommon):

    def test_every_template_renders_for_every_kind_and_number(self):
        for lang in ("fr_FR", "en_US"):
            for kind, count in (("business", 1), ("consumer", 3), ("public", 2), (False, 1)):
                notice = self._create_notice(count=count, lang=lang, kind=kind)
                for template in TEMPLATES:
                    body = self._render(notice, template)[1]
                    self.assertEqual(str(body).count("dunning_table"), 1, template)

    def test_every_template_renders_on_a_bare_notice(self):
        notice = self._create_notice(
            count=0, level_id=False, user_id=False, deadline_date=False, date=False, lang=False, address=False)
        self.company.write({"dunning_user_id": False, "dunning_signatory_id": False, "city": False})
        for template in TEMPLATES:
            self.assertTrue(self._render(notice, template)[1], template)

    def test_upgrade_knows_the_table_before_the_texts_that_show_it(self):
        """Odoo tries each text on a notice that is there: the table of the version before may not fit."""
        files = Manifest.for_addon("account_dunning")["data"]
        reports = [number for number, name in enumerate(files) if name.startswith("reports/dunning_")]
        texts = [number for number, name in enumerate(files) if name.startswith("data/mail_template")]
        self.assertLess(max(reports[:3]), min(texts))

    def test_subjects_never_reveal_a_debt(self):
        for lang in ("fr_FR", "en_US"):
            notice = self._create_notice(count=2, lang=lang)
            for template in TEMPLATES:
                subject = self._render(notice, template)[0].lower()
                self.assertIn("fac/2026/00001", subject)
                self.assertFalse([word for word in DEBT_WORDS if word in subject], subject)

    def test_no_template_threatens_or_hedges(self):
        for lang in ("fr_FR", "en_US"):
            for count in (1, 2):
                notice = self._create_notice(count=count, lang=lang)
                for template in TEMPLATES:
                    text = self._text(self._render(notice, template)[1]).lower()
                    self.assertFalse([word for word in FORBIDDEN if word in text], f"{template} {lang}")

    def test_no_template_states_a_figure_of_interest(self):
        notice = self._create_notice()
        for template in TEMPLATES:
            text = self._text(self._render(notice, template)[1], without=["dunning_table"])
            # The sum that the law itself names is no claim.
            text = text.replace(" ".join(notice.interest_mention.split()), "")
            self.assertNotIn("%", text)
            self.assertFalse(re.search(r"\b40[,.]?0* ?€|€ ?40\b", text), template)

    def test_french_texts_hold_no_english(self):
        notice = self._create_notice(count=2)
        for template in TEMPLATES:
            text = self._text(self._render(notice, template)[1])
            self.assertFalse(re.search(r"\b(the|please|invoice|your|payment)\b", text, re.I), f"{template}: {text}")

    def test_preventive_message_has_at_most_ninety_words(self):
        for lang in ("fr_FR", "en_US"):
            for count in (1, 3):
                notice = self._create_notice("preventive", count, lang)
                body = self._render(notice, "mail_template_preventive")[1]
                message = self._text(body, without=["dunning_table", "dunning_signature"])
                self.assertLessEqual(len(message.split()), 90, message)

    def test_preventive_message_is_a_service_and_no_demand(self):
        notice = self._create_notice("preventive")
        text = self._text(self._render(notice, "mail_template_preventive")[1]).lower()
        for word in ("rappel ", "article", "code de commerce", "retard", "reste dû", "total à régler", "demeure"):
            self.assertNotIn(word, text)
        self.assertIn("fr14 2004", text)

    def test_only_first_and_second_reminders_speak_of_crossed_payments(self):
        notice = self._create_notice()
        for template in TEMPLATES:
            text = self._text(self._render(notice, template)[1])
            self.assertEqual("a croisé" in text, "preventive" not in template, template)

    def test_second_reminder_names_deadline_age_and_next_step(self):
        for template in ("mail_template_reminder_2", "letter_template_reminder_2"):
            text = self._text(self._render(self._create_notice(), template)[1])
            for words in ("1er décembre 2026", "18 jours", "mise en demeure", "1 234,56 €", "441-10", "échéancier"):
                self.assertIn(words, text)

    def test_penalties_are_named_to_businesses_only(self):
        for kind in ("consumer", "non_professional", "public", False):
            notice = self._create_notice(kind=kind)
            for template in TEMPLATES:
                text = self._text(self._render(notice, template)[1])
                self.assertNotIn("énalités", text)
                self.assertNotIn("441-10", text)
                if kind != "public":
                    self.assertNotIn("indemnité", text)

    def test_public_bodies_read_their_own_law(self):
        notice = self._create_notice(kind="public")
        text = self._text(self._render(notice, "letter_template_public_2")[1])
        self.assertIn("L2192-13", text.replace("L. ", "L"))
        self.assertTrue(text.startswith("À l'attention du service financier"))

    def test_french_law_is_not_cited_by_a_foreign_company(self):
        self.company.account_fiscal_country_id = self.env.ref("base.be")
        notice = self._create_notice(lang="en_US")
        text = self._text(self._render(notice, "letter_template_reminder_2")[1])
        self.assertIn("law of 2 August 2002", text)
        self.assertNotIn("441-10", text)

    def test_consumer_is_offered_instalments_free_of_charge(self):
        notice = self._create_notice(kind="consumer")
        text = self._text(self._render(notice, "letter_template_consumer_2")[1])
        self.assertIn("en plusieurs fois, sans frais", text)

    def test_email_needs_no_style_sheet(self):
        body = str(self._render(self._create_notice(count=3), "mail_template_reminder_2")[1])
        self.assertNotIn("<style", body)
        self.assertFalse(re.search(r"width:\s*(6[0-9][1-9]|[7-9]\d\d|\d{4,})px", body))
