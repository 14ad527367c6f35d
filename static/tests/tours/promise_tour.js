import { registry } from "@web/core/registry";
import { patient } from "./patient_steps";

const tours = registry.category("web_tour.tours");

tours.add("dunning_promise", {
    url: "/odoo/dunning-followups",
    steps: () => patient([
        { content: "Open the customer", trigger: ".o_kanban_record:contains('Tour Customer')", run: "click" },
        { content: "He says on the phone that he pays", trigger: "button[name=action_promise]", run: "click" },
        { content: "His overdue invoice is filled in", trigger: ".modal .o_field_widget[name=line_ids] .o_data_row td:contains('500.00')" },
        { content: "He pays on", trigger: ".modal .o_field_widget[name=date_promised] input", run: "edit +5d" },
        { content: "Not all of it", trigger: ".modal .o_field_widget[name=amount] input", run: "edit 300" },
        { content: "Why", trigger: ".modal .o_field_widget[name=comment] textarea", run: "edit Pays after his fair" },
        { content: "Note and confirm", trigger: ".modal button[name=action_note_and_confirm]", run: "click" },
        { content: "The message is read before it goes", trigger: ".modal .o_field_widget[name=body]:contains('300.00')" },
        { content: "Send it", trigger: ".modal button[name=action_send_mail]", run: "click" },
        { content: "The promise is on the card", trigger: "body:not(:has(.modal)) .o_field_widget[name=promise_text]:contains('300.00')" },
        { content: "And in the history", trigger: "a[name=answers]", run: "click" },
        { content: "With what was said", trigger: ".o_field_widget[name=promise_ids] .o_data_row:contains('Pays after his fair')" },
        { content: "Hold the rest", trigger: "button[name=action_hold]", run: "click" },
        { content: "Why it waits", trigger: ".modal .o_field_widget[name=name] input", run: "edit Goods are being returned" },
        { content: "Begin", trigger: ".modal button[name=action_begin]", run: "click" },
        { content: "It shows", trigger: "body:not(:has(.modal)) .o_field_widget[name=hold_text]:contains('Goods are being returned')" },
    ]),
});
