import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";
import { patient } from "./patient_steps";

const tours = registry.category("web_tour.tours");
const TABLE = ".o_field_widget[name=dunning_evidence_ids]";

tours.add("dunning_evidence_add", {
    steps: () => patient([
        { content: "What dunning knows of the invoice", trigger: "a[name=dunning]", run: "click" },
        { content: "A proof more", trigger: `${TABLE} .o_field_x2many_list_row_add a`, run: "click" },
        {
            content: "Its file",
            trigger: `${TABLE} .o_selected_row .o_field_many2many_binary`,
            async run() {
                const slip = new File(["signed by Mrs Martin"], "slip.txt", { type: "text/plain" });
                await inputFiles(`${TABLE} .o_selected_row .o_field_many2many_binary input[type=file]`, [slip]);
            },
        },
        { content: "It is there", trigger: `${TABLE} .o_selected_row .o_attachment:contains('slip')` },
        { content: "What it proves", trigger: `${TABLE} .o_selected_row [name=comment] input`, run: "edit Delivered whole" },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "Saved", trigger: `.o_form_saved ${TABLE} .o_data_row:contains('Delivered whole')` },
    ]),
});

tours.add("dunning_evidence_build", {
    url: "/odoo/dunning-followups",
    steps: () => patient([
        { content: "Open the customer", trigger: ".o_kanban_record:contains('Tour Customer')", run: "click" },
        { content: "What would go in?", trigger: "button[name=action_evidence_file]", run: "click" },
        { content: "What is missing is said first", trigger: ".modal .alert-warning:contains('no proof of delivery')" },
        { content: "What goes in", trigger: ".modal a[name=content]", run: "click" },
        { content: "The proof among it", trigger: ".modal .o_field_widget[name=content_text]:contains('Signed order')" },
        { content: "Have it built", trigger: ".modal button[name=action_build]", run: "click" },
        { content: "It waits and says so", trigger: "body:not(:has(.modal)) .alert-info:contains('in the background')" },
        { content: "Nothing can be opened yet", trigger: ".o_form_view:not(:has(button[name=action_open_pdf]:visible))" },
    ]),
});

tours.add("dunning_evidence_watch", {
    steps: () => patient([
        {
            content: "It was not built when the page was opened, and nobody reloads the page",
            trigger: ".o_form_view .o_field_widget[name=attachment_ids] .o_attachment:contains('zip')",
        },
        { content: "And the PDF opens", trigger: "button[name=action_open_pdf]" },
    ]),
});
