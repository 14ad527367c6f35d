import { registry } from "@web/core/registry";
import { patient } from "./patient_steps";

const tours = registry.category("web_tour.tours");

tours.add("dunning_insolvency", {
    url: "/odoo/dunning-followups",
    steps: () => patient([
        { content: "Open the customer", trigger: ".o_kanban_record:contains('Tour Customer')", run: "click" },
        { content: "He is insolvent", trigger: "button[name=action_insolvency]", run: "click" },
        { content: "The judgment", trigger: ".o_field_widget[name=date_judgment] input", run: "edit -20d" },
        { content: "Its publication", trigger: ".o_field_widget[name=date_published] input", run: "edit -10d" },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "The days are counted", trigger: ".o_form_saved .o_field_widget[name=countdown]:contains('days left')" },
        { content: "It became a liquidation", trigger: "button[name=action_convert]", run: "click" },
        { content: "What can be given up is offered", trigger: "button[name=action_write_off]" },
        { content: "How it ended", trigger: ".o_field_widget[name=outcome] input", run: "click" },
        { content: "With nothing", trigger: ".o_select_menu_item:contains('Nothing to expect')", run: "click" },
        { content: "It is chosen", trigger: ".o_field_widget[name=outcome] input:value('Nothing to expect')" },
        { content: "Close it", trigger: "button[name=action_close]", run: "click" },
        { content: "It stays on hold", trigger: ".modal-footer .btn-primary", run: "click" },
        { content: "It is closed", trigger: ".o_arrow_button_current:contains('Closed')" },
        { content: "Back to the customer", trigger: "button[name=action_open_followup]", run: "click" },
        { content: "The write-off waits for a decision", trigger: ".o_field_widget[name=litigation_text]:contains('rite')" },
    ]),
});

tours.add("dunning_hold_person", {
    url: "/odoo/dunning-followups",
    steps: () => patient([
        { content: "Open the customer", trigger: ".o_kanban_record:contains('Tour Customer')", run: "click" },
        { content: "He died", trigger: "button[name=action_hold]", run: "click" },
        { content: "Which event", trigger: ".modal .o_field_widget[name=kind] input", run: "click" },
        { content: "Death", trigger: ".o_select_menu_item:contains('Death')", run: "click" },
        { content: "It is chosen", trigger: ".modal .o_field_widget[name=kind] input:value('Death')" },
        { content: "The day to look again is proposed", trigger: ".modal .o_field_widget[name=date_review]" },
        { content: "Begin", trigger: ".modal button[name=action_begin]", run: "click" },
        { content: "It shows", trigger: "body:not(:has(.modal)) .o_field_widget[name=hold_text]:contains('Death')" },
    ]),
});
