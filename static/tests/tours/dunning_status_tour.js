import { registry } from "@web/core/registry";
import { patient } from "./patient_steps";

registry.category("web_tour.tours").add("dunning_change_status", {
    url: "/odoo/dunning-followups",
    steps: () => patient([
        { content: "Open the customer", trigger: ".o_kanban_record:contains('Tour Customer')", run: "click" },
        { content: "Change the status", trigger: "button[name=action_change_status]", run: "click" },
        { content: "What is overdue is ticked", trigger: ".modal .o_data_row .o_field_boolean_toggle input:checked" },
        { content: "Something else", trigger: ".modal .o_radio_item:contains('something else') input", run: "click" },
        { content: "His words", trigger: ".modal .o_required_modifier[name=comment] input", run: "edit Waits for his bank" },
        { content: "What to do", trigger: ".modal .o_field_widget[name=activity_note] input", run: "edit Call again" },
        { content: "Note it", trigger: ".modal button[name=action_apply]", run: "click" },
        { content: "Once more: a plan", trigger: "body:not(:has(.modal)) button[name=action_change_status]", run: "click" },
        { content: "Last words are shown", trigger: ".modal .o_data_row:contains('something else')" },
        { content: "By instalments", trigger: ".modal .o_radio_item:contains('by instalments') input", run: "click" },
        { content: "Open the plan", trigger: ".modal button[name=action_apply]", run: "click" },
        { content: "The schedule is there", trigger: ".o_form_view .o_field_widget[name=instalment_ids] .o_data_row:contains('3 of 3')" },
        { content: "Nothing is left to spread", trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Draft')" },
    ]),
});
