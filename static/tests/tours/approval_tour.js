import { registry } from "@web/core/registry";
import { patient } from "./patient_steps";

const tours = registry.category("web_tour.tours");

tours.add("dunning_approve", {
    url: "/odoo/dunning-approvals",
    steps: () => patient([
        { content: "Two notices wait for me", trigger: ".o_data_row:contains('Refused Customer')" },
        { content: "Open the first", trigger: ".o_data_row td:contains('Tour Customer')", run: "click" },
        { content: "What is claimed can be read", trigger: ".o_form_view .o_field_widget[name=table_html]:contains('500.00')" },
        { content: "Approve", trigger: "button[name=action_approve]", run: "click" },
        { content: "I agreed", trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Agreed')" },
        { content: "Back to the list", trigger: ".breadcrumb-item a, .o_back_button", run: "click" },
        { content: "One is left", trigger: ".o_list_view:not(:contains('Tour Customer')) .o_data_row:contains('Refused Customer')" },
        { content: "Choose it", trigger: ".o_data_row .o_list_record_selector input", run: "click" },
        { content: "Refuse", trigger: ".o_control_panel button[name=action_refuse]", run: "click" },
        { content: "Say why", trigger: ".modal .o_field_widget[name=comment] textarea", run: "edit He pays on Friday" },
        { content: "Send it back", trigger: ".modal button[name=action_refuse]", run: "click" },
        { content: "Nothing waits any more", trigger: "body:not(:has(.modal)) .o_nocontent_help:contains('Nothing waits for you')" },
    ]),
});

tours.add("dunning_approve_phone", {
    url: "/odoo/dunning-approvals",
    steps: () => patient([
        { content: "Two cards wait for me", trigger: ".o_kanban_record:contains('Refused Customer')" },
        { content: "Agree on the card", trigger: ".o_kanban_record:contains('Tour Customer') button[name=action_approve]", run: "click" },
        { content: "One is left", trigger: ".o_kanban_renderer:not(:contains('Tour Customer')) .o_kanban_record:contains('Refused Customer')" },
        { content: "Read the other", trigger: ".o_kanban_record:contains('Refused Customer') .fw-bold:contains('Refused Customer')", run: "click" },
        { content: "What is claimed can be read", trigger: ".o_form_view .o_field_widget[name=table_html]:contains('500.00')" },
        { content: "Say why not", trigger: ".o_field_widget[name=comment] textarea", run: "edit He pays on Friday" },
        { content: "The other buttons", trigger: ".o_statusbar_buttons button[title=More]", run: "click" },
        { content: "Refuse", trigger: ".o-dropdown-item button[name=action_refuse], .o-dropdown-item-unstyled-button button[name=action_refuse]", run: "click" },
        { content: "It went back", trigger: ".o_form_view:not(:has(button[name=action_approve]))" },
    ]),
});
