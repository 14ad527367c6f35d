import re

from odoo import api, fields, models
from odoo.tools import SQL, remove_accents

DEBTOR_KINDS = [
    ("business", "Business"),
    ("consumer", "Consumer"),
    ("non_professional", "Non-Professional Organisation"),
    ("public", "Public Body"),
]
ASSIGNMENTS = [
    ("confidential", "Confidential"),
    ("mandate", "Notified with Mandate"),
    ("notified", "Notified"),
]
CONTACT_ROLES = [
    ("accounts_payable", "Accounts Payable"),
    ("management", "Management"),
    ("approver", "Approver of Invoices"),
    ("copy", "Copy"),
    ("guardian", "Guardian or Curator"),
    ("estate", "Notary or Heir"),
]
# They stand in for the customer, the last before the first: nobody else is written to instead.
STANDING_IN = ("guardian", "estate")

# Choices about a customer: one value per legal entity, shared by all his contacts.
COMMERCIAL_FIELDS = (
    "dunning_debtor_kind", "dunning_profile_id", "dunning_policy_id", "dunning_user_id", "dunning_manual_only",
    "dunning_by_address", "dunning_assignee_id", "dunning_assignment", "dunning_regime_id",
    "dunning_electronic_consent", "dunning_consent_date", "dunning_consent_how",
    "dunning_rating", "dunning_rating_date", "dunning_insurer_id", "dunning_cover_amount", "dunning_credit_days",
    "dunning_notification_days", "dunning_declaration_days", "dunning_stop_days", "dunning_stop_delivery",
    "dunning_insurer_notified", "dunning_insurer_told", "dunning_extension_days",
)

# A change of one of these may change what the planner says of the customer.
PLANNING_FIELDS = frozenset({*COMMERCIAL_FIELDS, "parent_id", "country_id", "category_id", "employee"})

# Marks in a name without accents, looked for in this order: a legal form is stronger than the name of a town.
NAME_MARKS = (
    ("business", r"\b(sa|sarl|sas|sasu|eurl|snc|scop|sca|selarl|gmbh|ag|bv|nv|ltd|plc|llc|inc|spa|srl)\b|"
                 r"\bs\.a\.(s|r\.l)?\."),
    ("public", r"^(commune|mairie|ville|metropole|prefecture|ministere|rectorat|universite|lycee|college)\b|"
               r"^(departement|region|conseil departemental|conseil regional)\b|^communaute (de |d'|urbaine)|"
               r"^centre hospitalier\b|^chr?u\b|^(ccas|sdis)\b|^syndicat (mixte|intercommunal)\b"),
    ("non_professional", r"^syndicat des? coproprietaires\b|^sdc\b|^copropriete\b|^associations?\b|^fondation\b"),
)
CHORUS_PRO_ENDPOINT = "11000201100044"


class ResPartner(models.Model):
    """A customer: what kind of debtor he is, how he pays, who follows him, and whom to write to."""

    _inherit = "res.partner"

    dunning_debtor_kind = fields.Selection(
        DEBTOR_KINDS, "Kind of Debtor", company_dependent=True,
        help="Decides which costs and interest may be claimed, and the letters. Unknown: treated as a consumer, "
             "and no formal notice is approved.", groups="base.group_user",
    )
    dunning_debtor_kind_suggested = fields.Selection(
        DEBTOR_KINDS, "Suggested Kind", compute="_compute_dunning_debtor_kind_suggested", groups="base.group_user",
    )
    dunning_debtor_kind_reason = fields.Char(
        "Why", compute="_compute_dunning_debtor_kind_suggested", groups="base.group_user",
    )
    dunning_profile_id = fields.Many2one(
        "dunning.profile", "Payer Profile", company_dependent=True, ondelete="restrict", check_company=True,
        groups="base.group_user",
    )
    dunning_policy_id = fields.Many2one(
        "dunning.policy", "Own Policy", company_dependent=True, ondelete="restrict", check_company=True,
        help="Empty: the policy of the profile, else of the first matching rule, else of the company.",
        groups="base.group_user",
    )
    dunning_policy_applied_id = fields.Many2one(
        "dunning.policy", "Policy that Applies", compute="_compute_dunning_policy_applied_id", groups="base.group_user",
    )
    dunning_policy_origin = fields.Char(
        "Because", compute="_compute_dunning_policy_applied_id", groups="base.group_user",
    )
    dunning_user_id = fields.Many2one(
        "res.users", "Collector", company_dependent=True, domain=[("share", "=", False)],
        help="Follows this customer. Empty: the default collector of the company.", groups="base.group_user",
    )
    dunning_manual_only = fields.Boolean(
        "Dun by Hand Only", company_dependent=True, help="Nothing is prepared or sent automatically to this customer.",
        groups="base.group_user",
    )
    dunning_by_address = fields.Boolean(
        "One Notice per Invoice Address", company_dependent=True,
        help="Each invoice address receives its own notice instead of one for the whole customer.",
        groups="base.group_user",
    )
    dunning_assignee_id = fields.Many2one(
        "res.partner", "Assignee", company_dependent=True,
        help="The factor or bank to which the claims against this customer are assigned.", groups="base.group_user",
    )
    dunning_assignment = fields.Selection(
        ASSIGNMENTS, "Assignment", company_dependent=True,
        help="Confidential: we dun as usual. Notified with mandate: we dun, payment goes to the assignee. "
             "Notified: the assignee duns.", groups="base.group_user",
    )
    dunning_followup_ids = fields.One2many("dunning.followup", "partner_id", "Follow-ups",
                                           groups="account.group_account_invoice,account.group_account_readonly")
    dunning_followup_id = fields.Many2one(
        "dunning.followup", "Follow-up", compute="_compute_dunning_followup_id", groups="base.group_user",
    )
    dunning_followup_count = fields.Integer(compute="_compute_dunning_followup_id", groups="base.group_user")
    dunning_last_notice_date = fields.Date(
        "Last Notice", compute="_compute_dunning_followup_id", groups="base.group_user",
    )
    dunning_role = fields.Selection(
        CONTACT_ROLES, "Role in Dunning",
        help="The contact to whom the steps of a policy are addressed. Copy: receives a copy of every notice.",
        groups="base.group_user",
    )
    # A relation and not a search: the contacts of five hundred customers are read at once.
    dunning_contact_ids = fields.One2many(
        "res.partner", "commercial_partner_id", "Dunning Contacts", domain=[("dunning_role", "!=", False)],
        groups="base.group_user",
    )

    @api.depends("name", "is_company", "vat", "company_registry", "parent_id")
    def _compute_dunning_debtor_kind_suggested(self):
        for partner in self:
            kind, reason = partner.commercial_partner_id._suggest_dunning_debtor_kind()
            partner.dunning_debtor_kind_suggested = kind
            partner.dunning_debtor_kind_reason = reason

    @api.depends("dunning_policy_id", "dunning_profile_id", "dunning_debtor_kind", "country_id", "category_id")
    @api.depends_context("company", "lang")
    def _compute_dunning_policy_applied_id(self):
        for partner in self:
            policy, origin = partner.commercial_partner_id._find_dunning_policy(self.env.company)
            partner.dunning_policy_applied_id = policy
            partner.dunning_policy_origin = origin

    @api.depends("commercial_partner_id.dunning_followup_ids.last_notice_date")
    @api.depends_context("company")
    def _compute_dunning_followup_id(self):
        """Show the follow-up of the customer in the legal entity of the current company."""
        # sudo: the number and the day are shown to all who may read the customer, the follow-up itself is not.
        found = self.env["dunning.followup"].sudo().search_fetch([
            ("partner_id", "in", self.commercial_partner_id.ids), ("company_id", "=", self.env.company.root_id.id),
        ], ["partner_id", "last_notice_date"]).grouped("partner_id")
        for partner in self:
            followup = found.get(partner.commercial_partner_id.sudo(), self.env["dunning.followup"])
            partner.dunning_followup_id = followup.sudo(False)
            partner.dunning_followup_count = len(followup)
            partner.dunning_last_notice_date = followup.last_notice_date

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        for partner, vals in zip(partners, vals_list, strict=True):
            partner._sync_dunning_branches(vals)
        return partners

    def write(self, vals):
        if PLANNING_FIELDS.isdisjoint(vals):
            return super().write(vals)
        former = self.commercial_partner_id
        result = super().write(vals)
        self._sync_dunning_branches(vals)
        (former | self.commercial_partner_id)._wake_dunning()
        if "parent_id" in vals:
            # Odoo moves the open lines to the new customer; they take their level along.
            self.env["dunning.followup"]._request_refresh(self.env.company.root_id)
        return result

    @api.model
    def _commercial_fields(self):
        return super()._commercial_fields() + list(COMMERCIAL_FIELDS)

    def action_use_dunning_debtor_kind(self):
        """Take the suggested kind of debtor: a person agreed to it."""
        for partner in self.commercial_partner_id.filtered("dunning_debtor_kind_suggested"):
            partner.dunning_debtor_kind = partner.dunning_debtor_kind_suggested

    def action_open_dunning_followup(self):
        """Open the follow-up of this customer."""
        self.ensure_one()
        return self.dunning_followup_id.get_formview_action()

    # Kind of debtor

    def _suggest_dunning_debtor_kind(self):
        """Return the kind of debtor that the data of this customer make likely, and why, in words."""
        mark = self._get_dunning_name_mark()
        if self._is_on_chorus_pro():
            return "public", self.env._("He receives his invoices through Chorus Pro.")
        if mark == "public":
            return "public", self.env._("His name is that of a public body.")
        if mark == "non_professional":
            return "non_professional", self.env._("His name is that of an association or of co-owners.")
        if self.vat and self.vat != "/":
            return "business", self.env._("He has a VAT number.")
        if self.company_registry:
            return "business", self.env._("He has a company registration number.")
        if mark == "business":
            return "business", self.env._("His name holds the legal form of a company.")
        if self.is_company:
            return "business", self.env._("He is recorded as a company, but no number confirms it.")
        return "consumer", self.env._("He is a person without VAT or registration number.")

    def _get_dunning_name_mark(self):
        """Return the kind of debtor whose mark the name bears, or None."""
        name = remove_accents((self.name or "").lower()).replace("’", "'")
        return next((kind for kind, pattern in NAME_MARKS if re.search(pattern, name)), None)

    def _is_on_chorus_pro(self):
        """Tell whether the electronic address of this customer is the one of the French public portal."""
        return "peppol_endpoint" in self._fields and self.peppol_endpoint == CHORUS_PRO_ENDPOINT

    # Policy

    def _find_dunning_policy(self, company):
        """Return the policy of this customer and where it comes from: own, profile, rule or default."""
        root = company.root_id
        partner = self.with_company(root)
        policy, profile = partner.dunning_policy_id, partner.dunning_profile_id
        if policy.active:
            return policy, self.env._("It was chosen for this customer.")
        if profile.policy_id.active:
            return profile.policy_id, self.env._("It is the policy of the profile %(name)s.", name=profile.name)
        rule = self.env["dunning.policy.rule"].sudo()._match(partner, root)
        if rule:
            return rule.policy_id.sudo(False), self.env._(
                "It is the first matching rule: %(rule)s.", rule=rule.display_name
            )
        return root.sudo().dunning_policy_id.sudo(False), self.env._("It is the default policy of the company.")

    # Whom to write to

    def _get_dunning_recipient(self, role, address=None, for_email=True):
        """Return the partner a notice is addressed to: the contact of that role, else the invoice address.

        With ``address`` (one notice per invoice address) its own contacts come first, then itself. A notary or heir, a
        guardian or curator stands before everybody: nothing is written to the dead, and what is not told to a
        guardian does not bind the person under his protection.
        """
        customer = self.commercial_partner_id
        stand_in = customer._get_dunning_stand_in()
        if stand_in:
            return stand_in
        invoice_address = address or customer.browse(customer.address_get(["invoice"])["invoice"])
        contacts = customer._get_dunning_contacts(role)
        near = contacts.filtered(lambda contact: address and contact.parent_id == address)
        candidates = near + (contacts - near) + invoice_address + customer
        reachable = candidates.filtered("email") if for_email else candidates
        return (reachable or invoice_address)[:1]

    def _get_dunning_stand_in(self):
        """Return who is written to instead of the customer, nobody when he answers for himself."""
        customer = self.commercial_partner_id
        # An organisation that is guardian is a contact, too, but for Odoo a customer of its own.
        contacts = (customer.dunning_contact_ids | customer.child_ids).sorted("id")
        found = [contacts.filtered(lambda one, role=role: one.dunning_role == role)[:1] for role in STANDING_IN]
        return found[1] or found[0]

    def _is_dunning_stand_in(self):
        """Tell whether this contact stands in for the customer: then the addresses of the customer lead nowhere."""
        return self.dunning_role in STANDING_IN

    def _get_dunning_email(self, customer):
        """Return the e-mail address of this contact, else of the customer, but never of somebody he stands in for."""
        return self.email_normalized or not self._is_dunning_stand_in() and customer.email_normalized

    def _has_dunning_address(self):
        """Tell whether a letter to this contact arrives: street and city, which are his own when he stands in.

        A contact that is no address of its own has that of the customer: Odoo copies it.
        """
        if self._is_dunning_stand_in() and self.parent_id and self.type == "contact":
            return False
        return bool((self.street or self.street2) and self.city)

    def _get_dunning_copies(self):
        """Return the contacts who receive a copy of every notice by e-mail."""
        return self.commercial_partner_id._get_dunning_contacts("copy").filtered("email")

    def _get_dunning_contacts(self, role):
        return self.dunning_contact_ids.filtered(lambda contact: contact.dunning_role == role).sorted("id")

    # One legal entity, one choice

    def _sync_dunning_branches(self, vals):
        """Repeat the choices just made in all companies of the same legal entity."""
        chosen = {name: vals[name] for name in COMMERCIAL_FIELDS if name in vals}
        root = self.env.company.root_id.sudo()
        if not chosen or not root.child_ids or self.env.context.get("dunning_branch_sync"):
            return
        for company in root.search([("id", "child_of", root.id)]) - self.env.company:
            partners = self.sudo().with_company(company).with_context(dunning_branch_sync=True)
            partners.filtered(lambda one: any(one[name] != self.browse(one.id)[name] for name in chosen)).write(chosen)

    @api.model
    def _copy_dunning_values(self, source, target):
        """Give ``target``, a new branch, the choices that ``source`` made for every customer."""
        self.flush_model(COMMERCIAL_FIELDS)
        for name in COMMERCIAL_FIELDS:
            column = SQL.identifier(name)
            self.env.cr.execute(SQL(
                "UPDATE res_partner"
                " SET %(column)s = %(column)s || jsonb_build_object(%(target)s, %(column)s->%(source)s)"
                " WHERE jsonb_exists(%(column)s, %(source)s)",
                column=column, source=str(source.id), target=str(target.id),
            ))
        self.invalidate_model(COMMERCIAL_FIELDS)

    def _wake_dunning(self):
        """Have these customers planned anew."""
        self.env["dunning.followup"]._wake_partners(self)
