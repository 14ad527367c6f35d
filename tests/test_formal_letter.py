import re
from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .formal_common import FormalCommon, PrintedCommon

FORBIDDEN = re.compile(
    r"huissier|sauf erreur|errors? excepted|sous huitaine|dernier avis|tribunal d'instance|poursuites pénales|fichage"
    r"|disregard|a croisé|bailiff|commandement", re.I)
CONDITIONAL = re.compile(r"\b(pourrions|pourrons|serions|aurions|devriez|might|could|would)\b", re.I)


@tagged("post_install", "-at_install")
class TestFormalLetter(PrintedCommon):
    """The printed notice, read back against the checklist."""

    def _has(self, text, *words):
        for one in words:
            self.assertIn(one, text)

    def _has_not(self, text, *words):
        for one in words:
            self.assertNotIn(one, text)

    def test_business_reads_everything_a_judge_looks_for(self):
        notices = [self._create_default(count=count, lang="fr_FR") for count in (1, 15)]
        one, many = self._print(*notices)
        for notice, text in zip(notices, (one, many), strict=True):
            self.assertEqual(text.count("MISE EN DEMEURE DE PAYER"), 1)
            self._has(
                text, "Par lettre recommandée avec avis de réception", "Lyon, le 18 novembre 2026",
                "Créancier : Atelier Berthier SAS, au capital de 100 000 €, 14 rue de la République, 69001 Lyon, RCS "
                "Lyon 732 829 320",
                "Débiteur : Debtor business, SARL, 1 rue de la Paix, 75002 Paris, RCS Paris 552 100 554",
                "notre courriel du 19 octobre 2026", "notre lettre du 3 novembre 2026",
                "Nous vous mettons en demeure de nous payer la somme de", "au plus tard le 30 novembre 2026",
                "Intérêts de retard arrêtés au 18/11/2026", "par jour à compter du 19 novembre 2026",
                "Compte arrêté au 18 novembre 2026, règlements reçus jusqu'à cette date déduits",
                "FR14 2004 1010 0505 0001 3M02 606", "article 1344 du code civil", "L441-10 II", "D441-5",
                "par une procédure d'injonction de payer devant la juridiction compétente ou par une assignation "
                "devant la juridiction compétente", "Nous nous réservons tous nos droits",
                "exposez-nous vos motifs par écrit",
                "CNIL", "Pièce jointe : Calcul des intérêts de retard", "Paul Martin Directeur financier",
                notice.claim_total_text.replace("\xa0", " "))
            self._has_not(text, "conciliat", "médiat", "surendettement", "référé-provision", "échéancier")
        self._has(one, "Notre facture n°", "elle reste impayée", "mille deux cent")
        self._has(many, "Les 15 factures ci-dessous", "elles restent impayées", "15 × 40,00 €")

    def test_business_abroad_reads_english(self):
        [text] = self._print(self._create_default(count=3))
        self.assertEqual(text.count("FORMAL NOTICE TO PAY"), 1)
        self._has(
            text, "By registered letter with acknowledgement of receipt", "Creditor: Atelier Berthier SAS",
            "We hereby give you formal notice to pay us the sum of", "our e-mail of", "our letter of",
            "by applying to the competent court for an order for payment or by summoning you before the competent "
            "court",
            "We reserve all our rights", "3 × 40.00 €", "L441-10 II", "Enclosure: Computation of late-payment interest")
        self._has_not(text, "MISE EN DEMEURE", "conciliat")

    def test_consumer_reads_plain_words_and_principal_only(self):
        french = self._create_default("consumer", lang="fr_FR")
        english = self._create_default("consumer", count=2)
        french_text, english_text = self._print(french, english)
        self._has(
            french_text, "MISE EN DEMEURE DE PAYER", "Il nous a été commandé", "Work (facture n°",
            "Nous vous mettons en demeure de nous payer la somme de 1 200,00 €", "au plus tard le 7 décembre 2026",
            "échéancier", "sans frais", "conciliateur de justice", "Médiation Conso", "Point conseil budget",
            "Les intérêts au taux légal courront à compter du lendemain de la réception",
            "articles 1231-6, 1344 et 1344-1", "par une procédure d'injonction de payer", "CNIL", "Paul Martin")
        self._has(english_text, "The following was ordered from us", "These invoices were payable", "2,400.00 €",
                  "payment schedule")
        for text in (french_text, english_text):
            self._has_not(text, "L441-10", "D441-5", "40,00 €", "40.00 €", "forfaitaire", "compensation", "Principal",
                          "Débiteur", "par jour", "12,4", "RCS Paris")

    def test_non_professional_reads_no_mediator_and_no_help_for_persons(self):
        [text] = self._print(self._create_default("non_professional", lang="fr_FR"))
        self._has(text, "MISE EN DEMEURE DE PAYER", "conciliateur de justice", "au plus tard le 7 décembre 2026")
        self._has_not(text, "Médiation Conso", "surendettement", "L441-10", "forfaitaire")

    def test_public_body_reads_a_claim_prior_to_proceedings(self):
        debtor = self._create_debtor("public", lang="fr_FR")
        line = self._create_receivable(25000, due=date(2026, 8, 20), partner=debtor, ref="ENG-2026-118")
        line.move_id.write({"dunning_delivery_status": "delivered", "dunning_delivery_date": date(2026, 7, 21)})
        [text] = self._print(self._put_in_default(line, "fr_FR"))
        self._has(
            text, "MISE EN DEMEURE DE PAYER", "réclamation valant demande préalable", "le service a été fait",
            "ENG-2026-118", "reçue sur le portail public de facturation le 21 juillet 2026",
            "à payer au plus tard le 20 août 2026", "L2192-13", "R2192-31", "D2192-35", "40,00 €",
            "provision devant la juridiction administrative ou par la saisine du médiateur des entreprises")
        self._has_not(text, "injonction", "saisie", "L441-10", "conciliat")

    def test_no_notice_says_what_it_must_not(self):
        notices = [
            self._create_default(kind, lang=lang) for kind in ("business", "consumer", "non_professional", "public")
            for lang in ("fr_FR", "en_US")
        ]
        for notice, text in zip(notices, self._print(*notices), strict=True):
            self.assertFalse(FORBIDDEN.search(text), (notice.debtor_kind, notice.lang))
            self.assertFalse(CONDITIONAL.search(text), (notice.debtor_kind, notice.lang))

    def test_sums_printed_add_up(self):
        [text] = self._print(notice := self._create_default(count=3, lang="fr_FR"))
        amounts = [float(amount.replace(" ", "").replace(",", ".")) for amount in re.findall(
            r"Principal ([\d ]+,\d\d) € Intérêts de retard arrêtés au \S+ \(voir annexe\) ([\d ]+,\d\d) € "
            r"Indemnité forfaitaire pour frais de recouvrement : 3 × 40,00 € ([\d ]+,\d\d) € "
            r"Total à régler \([^)]*\) ([\d ]+,\d\d) €", text)[0]]
        self.assertAlmostEqual(sum(amounts[:3]), amounts[3], 2)
        self.assertEqual(amounts[0], 3600)
        self.assertAlmostEqual(amounts[1], notice.amount_interest, 2)

    def test_payment_is_named_and_deducted(self):
        line = self._create_receivable(1200, due=date(2026, 9, 1), partner=self._create_debtor(lang="fr_FR"))
        self._register_payment(line.move_id, amount=200, payment_date=date(2026, 10, 5))
        [text] = self._print(self._put_in_default(line, "fr_FR"))
        self._has(text, "Règlement du 05/10/2026 déduit : 200,00 €", "elle reste impayée à hauteur de 1 000,00 €")

    def test_rest_is_for_information_outside_the_total(self):
        debtor = self._create_debtor(lang="fr_FR")
        first = self._create_receivable(1200, due=date(2026, 9, 1), partner=debtor)
        second = self._create_receivable(777, due=date(2026, 11, 10), partner=debtor)
        notice = self._put_in_default(first, "fr_FR")
        snapshots = notice._get_line_snapshots(second.ids, debtor.ids, self.company)
        notice.line_ids = [notice._prepare_line_command(snapshots[second.id], "listed")]
        notice._set_formal_total()
        [text] = self._print(notice)
        self._has(text, "Pour information, hors total", "777,00 €")
        self.assertEqual(notice.amount_total, 1200)
        self.assertEqual(notice.amount_text, "1\xa0200,00\xa0€")

    def test_assigned_claim_is_paid_to_its_assignee(self):
        factor = self._create_customer("Factor")
        self.env["res.partner.bank"].create({"acc_number": "FR7630006000011234567890189", "partner_id": factor.id})
        notice = self._create_default(lang="fr_FR")
        notice.line_ids.move_id.write({"dunning_assignee_id": factor.id, "dunning_assignment": "mandate"})
        [text] = self._print(notice)
        self._has(text, "cédée à Factor", "FR76 3000 6000 0112 3456 7890 189")
        self._has_not(text, "FR14")


@tagged("post_install", "-at_install")
class TestFormalWords(FormalCommon):

    prints = False

    def test_every_act_is_named_also_calls_and_what_went_beside(self):
        line = self._create_receivable(1200, due=date(2026, 7, 1), partner=self._create_debtor())
        for week in range(8):
            self._remind(line, "email", date(2026, 8, 3) + timedelta(weeks=week))
        both = self._remind(line, "email", date(2026, 10, 12))
        both.dispatch_ids = [Command.create({
            "followup_id": both.followup_id.id, "channel": "letter", "state": "sent", "date_sent": date(2026, 10, 13)})]
        self.env["dunning.dispatch"].create({
            "followup_id": both.followup_id.id, "channel": "call", "state": "sent", "outcome": "tried",
            "date_sent": date(2026, 10, 20)})
        self.env.invalidate_all()
        notice = self._put_in_default(line, reminded=False)
        self.assertEqual(len(notice.history), 11)
        self.assertIn("our letter of October\xa013,\xa02026", notice.history)
        self.assertIn("(not answered)", notice.history[-1])

    def test_text_follows_the_kind_of_debtor_whatever_the_policy(self):
        for kind, name in (("business", "business"), ("consumer", "consumer"), ("non_professional", "consumer"),
                           ("public", "public"), (False, "consumer")):
            notice = self._create_default(kind, reminded=False)
            self.assertEqual(notice._get_letter_template(), self.env.ref(
                f"account_dunning.letter_template_formal_{name}"), kind)

    def test_text_of_ones_own_stays(self):
        own = self.env.ref("account_dunning.letter_template_formal_business").copy()
        self.formal.letter_template_id = own
        self.assertEqual(self._create_default("public", reminded=False)._get_letter_template(), own)

    def test_email_beside_is_a_copy_with_the_letter(self):
        self.formal.with_email = True
        notice = self._create_default("consumer")
        notice.approval_ids.unlink()
        notice._freeze(self.today)
        self.assertIn("Please find attached a copy", self._text(notice.body))
        self.assertNotIn("1,200.00", self._text(notice.body))
        self.assertIn(notice.pdf_filename, notice.message_id.attachment_ids.mapped("name"))
        self.assertIn(notice.line_ids.name, notice.subject)

    def test_unknown_identifiers_are_left_out(self):
        self.company.write({"company_registry": "123 456 789", "dunning_capital": 0, "vat": False})
        notice = self._create_default(reminded=False)
        self.assertEqual(notice.creditor_text, "Atelier Berthier SAS, 14 rue de la République, 69001 Lyon")

    def test_consumer_is_given_fifteen_days_on_any_policy(self):
        days = {}
        for kind in ("business", "consumer"):
            notice = self._create_default(kind, reminded=False)
            notice._set_day(self.today)
            days[kind] = notice.deadline_date
        self.assertEqual(days, {"business": date(2026, 11, 30), "consumer": date(2026, 12, 7)})

    def test_consequences_fit_kind_and_amount(self):
        self.policy.consequence_ids = self.env["dunning.consequence"].search([])
        codes = {
            kind: set(self._create_default(kind, count=count, reminded=False).consequence_codes.split(","))
            for kind, count in (("business", 5), ("consumer", 1), ("public", 1))
        }
        self.assertNotIn("small_claims", codes["business"])
        self.assertIn("small_claims", codes["consumer"])
        self.assertTrue({"payment_order", "agency"} <= codes["business"] & codes["consumer"])
        self.assertEqual(codes["public"], {"public_reference", "public_mediator", "public_prefect"})

    def test_credit_insurer_is_announced_by_nobody_unless_activated(self):
        insurer = self.env.ref("account_dunning.dunning_consequence_credit_insurance")
        self.assertFalse(insurer.active)
        self.policy.consequence_ids |= insurer
        self.assertNotIn("credit_insurance", self._create_default(reminded=False).consequence_codes)

    def test_payment_order_is_never_for_public_bodies(self):
        order = self.env.ref("account_dunning.dunning_consequence_payment_order")
        with self.assertRaisesRegex(ValidationError, "public body"):
            order.for_public = True
        with self.assertRaisesRegex(ValidationError, "do not exist"):
            order.route_codes = "prison"

    def test_what_was_announced_stays(self):
        notice = self._create_default()
        notice._freeze(self.today)
        notice._set_sent(self.today)
        text, codes = str(notice.letter_body), notice.consequence_codes
        order = self.env.ref("account_dunning.dunning_consequence_payment_order")
        self.assertIn(order.wording, text)
        self.policy.consequence_ids = False
        order.wording = "by magic"
        self.assertEqual((str(notice.letter_body), notice.consequence_codes), (text, codes))
        self.assertIn(order, notice.consequence_ids)
        with self.assertRaisesRegex(UserError, "already sent"):
            notice.consequence_codes = "agency"
        with self.assertRaisesRegex(UserError, "Archive"):
            order.unlink()
