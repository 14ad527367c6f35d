{
    "name": "Dunning",
    "version": "19.0.1.0.0",
    "summary": "From the overdue invoice to the formal notice: reminders, promises, disputes, letters",
    "author": "The account_dunning founders",
    "website": "https://example.com/account_dunning",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "application": True,
    "depends": ["account", "account_payment", "portal", "mail"],
    "external_dependencies": {"python": ["python-dateutil", "num2words"]},
    "data": [
        # security
        "security/dunning_security.xml",
        "security/ir.model.access.csv",
        # facts
        # choices
        # reports
        # views
        # wizards
        # menus
        "views/dunning_menus.xml",
    ],
    "demo": [],
    "assets": {},
}
