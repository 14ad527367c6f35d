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
        "security/dunning_rules.xml",
        # facts
        "data/dunning.holiday.csv",
        "data/dunning.reference.rate.csv",
        # choices
        "data/dunning_cron_data.xml",
        "data/mail_template_data.xml",
        "data/dunning_policy_data.xml",
        "data/dunning_interest_regime_data.xml",
        "data/dunning_profile_data.xml",
        # reports
        "reports/dunning_report_actions.xml",
        "reports/dunning_letter.xml",
        "reports/dunning_email.xml",
        # views
        "views/dunning_level_views.xml",
        "views/dunning_policy_views.xml",
        "views/dunning_profile_views.xml",
        "views/dunning_holiday_views.xml",
        "views/res_partner_views.xml",
        "views/account_payment_views.xml",
        "views/account_move_views.xml",
        "views/dunning_dispatch_views.xml",
        "views/dunning_notice_views.xml",
        "views/dunning_run_views.xml",
        "views/dunning_followup_views.xml",
        # wizards
        "wizards/dunning_stop_views.xml",
        "wizards/dunning_opening_views.xml",
        "wizards/dunning_chased_views.xml",
        "wizards/dunning_import_views.xml",
        "views/res_config_settings_views.xml",
        # menus
        "views/dunning_menus.xml",
    ],
    "demo": [
        "demo/demo_company.xml",
        "demo/demo_customers.xml",
        "demo/demo_ledger.xml",
    ],
    "post_init_hook": "post_init_hook",
    "assets": {
        "web.assets_backend": ["account_dunning/static/src/views/*"],
        "web.assets_tests": ["account_dunning/static/tests/tours/*.js"],
        "web.report_assets_common": ["account_dunning/static/src/scss/dunning_letter.scss"],
    },
}
