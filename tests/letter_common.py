from datetime import date, timedelta

from lxml import html

from odoo.fields import Command

from .common import DunningCommon

DAY = date(2026, 11, 21)
MAILS = (
    "preventive", "reminder_1", "reminder_2", "consumer_1", "consumer_2", "public_1", "public_2", "rejected",
    "firm_1", "disputing_1", "plan_1",
)
LETTERS = ("reminder_1", "reminder_2", "consumer_2", "public_2", "rejected", "firm_1", "firm_2")
TEMPLATES = [f"mail_template_{name}" for name in MAILS] + [f"letter_template_{name}" for name in LETTERS]


class LetterCommon(DunningCommon):
    """Notices that need no ledger: their lines are copies anyway."""

    prints = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.env["ir.module.module"]._load_module_terms(["account_dunning"], ["fr_FR"])
        cls.euro = cls.env.ref("base.EUR")
        cls.dollar = cls.env.ref("base.USD")
        (cls.euro | cls.dollar).active = True
        france = cls.env.ref("base.fr")
        cls.company.write({
            "name": "Atelier Berthier SAS", "city": "Lyon", "country_id": france.id,
            "account_fiscal_country_id": france.id,
        })
        cls.collector = cls._create_person("Marie Dupont", "Responsable recouvrement", "04 72 00 10 12")
        cls.signatory = cls._create_person("Paul Martin", "Directeur financier", "04 72 00 10 10")
        cls.company.write({"dunning_user_id": cls.collector.id, "dunning_signatory_id": cls.signatory.id})
        cls.account = cls.env["res.partner.bank"].create({
            "acc_number": "FR1420041010050500013M02606", "partner_id": cls.company.partner_id.id,
        })
        cls.company_data["default_journal_bank"].sudo().bank_account_id = cls.account
        cls.levels = {
            stage: cls._create_policy([(stage, stage, days, {})]).level_ids
            for stage, days in (("preventive", -7), ("reminder_1", 7), ("reminder_2", 15), ("formal", 30))
        }

    @classmethod
    def _create_person(cls, name, function, phone):
        login = name.split()[0].lower()
        user = cls.env["res.users"].create({"name": name, "login": login, "email": f"{login}@berthier.example.com"})
        user.partner_id.write({"function": function, "phone": phone})
        return user

    def _create_notice(self, stage="reminder_2", count=1, lang="fr_FR", kind="business", more=(), **values):
        customer = self._create_customer("Menuiserie Durand", lang=lang, dunning_debtor_kind=kind)
        followup = self.env["dunning.followup"].create({
            "company_id": self.company.id, "partner_id": customer.id, "user_id": self.collector.id,
        })
        late = -7 if stage == "preventive" else 18
        lines = [self._line(position, late=late) for position in range(count)] + list(more)
        return self.env["dunning.notice"].create({
            "followup_id": followup.id, "company_id": self.company.id, "partner_id": customer.id, "lang": lang,
            "level_id": self.levels[stage].id, "user_id": self.collector.id, "date": DAY,
            "deadline_date": DAY + timedelta(days=10), "addressee": "Menuiserie Durand",
            "address": "12 avenue du Maréchal Foch\n38000 Grenoble\nFrance",
            "line_ids": [Command.create(line) for line in lines], **values,
        })

    def _line(self, position=0, role="moving", amount=1234.56, late=18, **values):
        due = DAY - timedelta(days=late)
        return {
            "role": role, "name": f"FAC/2026/{position + 1:05d}", "invoice_date": due - timedelta(days=30),
            "due_date": due, "days_late": late, "currency_id": self.euro.id, "amount_total": amount,
            "amount_residual": amount, **values,
        }

    def _create_earlier(self, notice, channel, day, stage="reminder_1", **dispatch):
        """A notice that was sent before for the same customer and invoices."""
        earlier = notice.copy({
            "level_id": self.levels[stage].id,
            "dispatch_ids": [Command.create({
                "followup_id": notice.followup_id.id, "channel": channel, "leading": True, "state": "sent",
                "date_sent": day, **dispatch,
            })],
            "line_ids": [Command.create({**self._line(), "move_id": line.move_id.id}) for line in notice.line_ids],
        })
        earlier.write({"state": "sent", "date_sent": day})
        return earlier

    def _render(self, notice, template):
        """Return subject and body of a template for this notice."""
        template = self.env.ref(f"account_dunning.{template}")
        subject = template._render_field("subject", notice.ids, set_lang=notice.lang)[notice.id]
        return subject, template._render_field("body_html", notice.ids, set_lang=notice.lang)[notice.id]

    def _text(self, body, without=()):
        """Return the words of a body, on one line, with plain spaces."""
        root = html.fragment_fromstring(str(body), create_parent="div")
        for name in without:
            for node in root.find_class(name):
                node.drop_tree()
        return " ".join(root.text_content().split())
