"""Make the main company of Odoo's demo data French, before anything that belongs to a country. Runs in Odoo's shell."""

company = env.ref("base.main_company")
company.write({
    "name": "Société de démonstration", "street": "12 rue de la Paix", "street2": False, "zip": "75002",
    "city": "Paris", "state_id": False, "country_id": env.ref("base.fr").id, "phone": "+33 1 23 45 67 89",
    "email": "recouvrement@demo.example", "website": "https://demo.example", "vat": False,
    "currency_id": env.ref("base.EUR").id,
})
company.partner_id.tz = "Europe/Paris"
env.cr.commit()
