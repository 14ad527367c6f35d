import { registry } from "@web/core/registry";
import { patient } from "./patient_steps";

const tours = registry.category("web_tour.tours");

function tick(row) {
    const cell = `.o_field_widget[name=check_ids] .o_data_row:nth-child(${row}) .o_data_cell[name=is_done]`;
    return [
        { content: `Row ${row} is done`, trigger: cell, run: "click" },
        { content: `Row ${row} is ticked`, trigger: `${cell} input:checked` },
    ];
}

tours.add("dunning_litigation", {
    url: "/odoo/dunning-followups",
    steps: () => patient([
        { content: "Open the customer", trigger: ".o_kanban_record:contains('Tour Customer')", run: "click" },
        { content: "What was announced is proposed", trigger: "button[name=action_litigation]:contains('Collection agency')", run: "click" },
        { content: "It is chosen", trigger: ".modal .o_radio_item:contains('Collection agency') input:checked" },
        { content: "What was not announced is not offered", trigger: ".modal .o_field_radio:not(:contains('Court order for payment'))" },
        { content: "Name the agency", trigger: ".modal .o_field_widget[name=counterpart_id] input", run: "edit Tour Agency" },
        { content: "Take it when it was looked for", trigger: ".o-autocomplete--dropdown-item:first:contains('Tour Agency')", run: "click" },
        { content: "It is taken", trigger: ".modal .o_field_widget[name=counterpart_id] input:value('Tour Agency')" },
        { content: "Begin", trigger: ".modal button[name=action_begin]", run: "click" },
        { content: "The case is open", trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Preparing')" },
        { content: "Hand it over too early", trigger: "button[name=action_hand_over]", run: "click" },
        { content: "What is missing is said", trigger: ".modal:contains('Still to do')" },
        { content: "All right", trigger: ".modal .modal-footer button:contains('Close')", run: "click" },
        ...[1, 2, 3, 4].flatMap(tick),
        { content: "Hand it over", trigger: "button[name=action_hand_over]", run: "click" },
        { content: "It left the house", trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Handed Over')" },
    ]),
});

tours.add("dunning_litigation_recovered", {
    url: "/odoo/dunning-litigation",
    steps: () => patient([
        { content: "Open the case", trigger: ".o_kanban_record:contains('Tour Customer')", run: "click" },
        { content: "The money is there", trigger: ".o_dunning_figure:contains('Recovered'):contains('300')" },
        { content: "And what the agency keeps", trigger: ".o_field_widget[name=commission_amount]:contains('45')" },
        { content: "It is recovered", trigger: "button[name=action_recovered]", run: "click" },
        { content: "Yes", trigger: ".modal .modal-footer button.btn-primary", run: "click" },
        { content: "The case is over", trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Recovered')" },
        { content: "Dunning goes on afterwards", trigger: ".o_field_widget[name=date_resume]" },
    ]),
});
