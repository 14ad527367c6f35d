import { registry } from "@web/core/registry";
import { patient } from "./patient_steps";

const tours = registry.category("web_tour.tours");

tours.add("dunning_run_prepare", {
    url: "/odoo/dunning-runs",
    steps: () => patient([
        { content: "The banner says that nothing leaves by itself", trigger: ".alert:contains('Automatic sending is off')" },
        { content: "Prepare a run", trigger: "button[name=action_prepare]", run: "click" },
        { content: "Nothing leaves before the release", trigger: ".modal .btn-primary", run: "click" },
        { content: "The run is being planned", trigger: ".o_form_view .alert:contains('being planned')" },
    ]),
});

tours.add("dunning_run_release", {
    steps: () => patient([
        { content: "The preview comes first", trigger: ".alert:contains('open the preview first')" },
        { content: "Open the preview", trigger: "button.btn-primary[name=action_open_preview]", run: "click" },
        { content: "Open the notice of the customer", trigger: ".o_data_row td:contains('Tour Customer')", run: "click" },
        { content: "The text can be read before it leaves", trigger: ".o_field_widget[name=preview_body] table" },
        { content: "Back to the run", trigger: "button[name=action_open_run]", run: "click" },
        { content: "Release the run", trigger: "button[name=action_release]", run: "click" },
        { content: "The first release explains what follows", trigger: ".modal:contains('the night sends by itself')" },
        { content: "Confirm", trigger: ".modal .btn-primary", run: "click" },
        { content: "The run is released", trigger: ".o_field_widget[name=phase]:contains('Sending')" },
    ]),
});

tours.add("dunning_collector", {
    url: "/odoo/dunning-followups",
    steps: () => patient([
        { content: "Open the customer", trigger: ".o_kanban_record:contains('Tour Customer')", run: "click" },
        { content: "The open items are listed", trigger: ".o_field_widget[name=open_line_ids] .o_data_row" },
        { content: "Send a reminder now", trigger: "button[name=action_send_now]", run: "click" },
        { content: "It can be read first", trigger: ".o_form_view .o_field_widget[name=body] table" },
        { content: "Send it", trigger: "button[name=action_send]", run: "click" },
        { content: "It says that it leaves in a moment", trigger: ".o_form_view .alert:contains('being sent')" },
        { content: "It belongs to a run now", trigger: "button[name=action_open_run]" },
        { content: "Back to the customer", trigger: "button[name=action_open_followup]", run: "click" },
        { content: "Log a call", trigger: "button[name=action_log_call]", run: "click" },
        { content: "The customer was reached", trigger: ".modal .o_radio_item:contains('Reached') input", run: "click" },
        { content: "Why unpaid", trigger: ".modal .o_field_widget[name=outcome_reason] input", run: "click" },
        { content: "Forgotten", trigger: ".o_select_menu_item:contains('Forgotten')", run: "click" },
        { content: "It is chosen", trigger: ".modal .o_field_widget[name=outcome_reason] input:value('Forgotten')" },
        { content: "What was said", trigger: ".modal .o_field_widget[name=comment] textarea", run: "edit Pays on Friday" },
        { content: "Save", trigger: ".modal button[name=action_save_call]", run: "click" },
        { content: "The call is remembered", trigger: ".o_field_widget[name=last_call_text]:contains('Pays on Friday')" },
    ]),
});

tours.add("dunning_invoice", {
    steps: () => patient([
        { content: "Open the Dunning tab", trigger: ".o_notebook a[name=dunning]", run: "click" },
        { content: "It says what comes next", trigger: ".o_field_widget[name=dunning_reason_text]:contains('is due')" },
        { content: "Exclude the invoice", trigger: "button[name=action_dunning_exclude]", run: "click" },
        { content: "It is excluded", trigger: ".alert:contains('excluded from dunning')" },
        { content: "It says so", trigger: ".o_field_widget[name=dunning_reason_text]:contains('Excluded')" },
        { content: "Include it again", trigger: "button[name=action_dunning_include]", run: "click" },
        { content: "It is dunned again", trigger: ".o_field_widget[name=dunning_reason_text]:contains('is due')" },
    ]),
});

tours.add("dunning_dispute", {
    steps: () => patient([
        { content: "Open the Dunning tab", trigger: ".o_notebook a[name=dunning]", run: "click" },
        { content: "The customer contests it", trigger: "button[name=action_dunning_dispute]", run: "click" },
        { content: "Choose why", trigger: ".modal .o_field_widget[name=reason_id] input", run: "click" },
        { content: "Wrong price", trigger: ".o-autocomplete--dropdown-item:contains('Wrong price')", run: "click" },
        { content: "It is chosen", trigger: ".modal .o_field_widget[name=reason_id] input:value('Wrong price')" },
        { content: "What the answer needs is said", trigger: ".modal .o_field_widget[name=advice]:contains('price list')" },
        { content: "A part only", trigger: ".modal .o_field_widget[name=is_whole] input", run: "click" },
        { content: "Edit the amount", trigger: ".modal .o_data_row td[name=amount]", run: "click" },
        { content: "Two hundred", trigger: ".modal .o_data_row .o_field_widget[name=amount] input", run: "edit 200" },
        { content: "What he says", trigger: ".modal .o_field_widget[name=comment] textarea", run: "edit Not the agreed price" },
        { content: "Note it", trigger: ".modal .btn-primary:contains('Note the Dispute')", run: "click" },
        { content: "The invoice says so", trigger: "body:not(:has(.modal)) .o_field_widget[name=dunning_dispute_text]:contains('200')" },
        { content: "Open the dispute", trigger: "button[name=action_dunning_show_disputes]", run: "click" },
        { content: "Answer", trigger: "button[name=action_answer]", run: "click" },
        { content: "What we found", trigger: ".modal .o_field_widget[name=finding] textarea", run: "edit The order says so" },
        { content: "Leave the field", trigger: ".modal .o_field_widget[name=subject] input", run: "click" },
        { content: "It is in the answer", trigger: ".modal .o_field_widget[name=body]:contains('The order says so')" },
        { content: "Send", trigger: ".modal button[name=action_send]:visible", run: "click" },
        { content: "It is rejected", trigger: "body:not(:has(.modal)) .o_field_widget[name=resolution]:contains('Rejected')" },
        { content: "Our answer is kept", trigger: ".o_notebook a[name=answer]", run: "click" },
        { content: "As it was sent", trigger: ".o_field_widget[name=answer_body]:contains('The order says so')" },
    ]),
});
