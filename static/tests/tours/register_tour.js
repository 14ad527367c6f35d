import { registry } from "@web/core/registry";
import { patient } from "./patient_steps";

const tours = registry.category("web_tour.tours");

tours.add("dunning_register", {
    url: "/odoo/dunning-letters",
    steps: () => patient([
        { content: "Choose the letter", trigger: ".o_data_row:contains('Tour Customer') .o_list_record_selector input", run: "click" },
        { content: "It was posted", trigger: "button[name=action_deposit]", run: "click" },
        { content: "Without a number nobody proves it", trigger: ".modal .o_field_widget[name=warning]:contains('without a number')" },
        { content: "Who carries it", trigger: ".modal .o_field_widget[name=provider] input", run: "edit La Poste" },
        { content: "Its number", trigger: ".modal .o_data_row td[name=tracking_number]", run: "click" },
        { content: "As it is on the receipt", trigger: ".modal .o_data_row .o_field_widget[name=tracking_number] input", run: "edit 2c 123 456 7890 1" },
        { content: "Leave the line", trigger: ".modal .modal-title", run: "click" },
        { content: "The warning is gone", trigger: ".modal:not(:has(.o_field_widget[name=warning]:contains('number')))" },
        { content: "Note it", trigger: ".modal button[name=action_deposit]", run: "click" },
        { content: "It waits no more", trigger: "body:not(:has(.modal)):not(:has(.o_data_row:contains('Tour Customer')))" },
        { content: "Open the menu", trigger: ".o_menu_sections button[data-menu-xmlid='account_dunning.dunning_menu'], .o_menu_sections button:contains('Dunning')", run: "click" },
        { content: "Letters with proof", trigger: ".o-dropdown--menu .dropdown-item:contains('Letters with Proof')", run: "click" },
        { content: "The number is on the list", trigger: ".o_data_row:contains('2C12345678901') td[name=partner_id]", run: "click" },
        { content: "It came back", trigger: "button[name=action_returned]", run: "click" },
        { content: "He lives there no more", trigger: ".modal .o_field_widget[name=return_reason] label:contains('Wrong Address')", run: "click" },
        { content: "What that means", trigger: ".modal .alert-warning:contains('never reached')" },
        { content: "Save", trigger: ".modal button[name=action_note]", run: "click" },
        { content: "What to do", trigger: "body:not(:has(.modal)) .alert-danger:contains('Find the new address')" },
        { content: "The follow-up", trigger: ".o_field_widget[name=followup_id] a", run: "click" },
        { content: "Asks for attention", trigger: ".o_form_view .o_field_widget[name=attention_text]:contains('wrong address')" },
    ]),
});
