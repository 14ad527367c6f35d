import { Component, useRef } from "@odoo/owl";
import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { registry } from "@web/core/registry";
import { useFileUploader } from "@web/core/utils/files";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Files dropped here are attached to the invoice; then the user says what they prove. */
export class EvidenceDrop extends Component {
    static template = "account_dunning.EvidenceDrop";
    static props = { ...standardWidgetProps };

    setup() {
        this.root = useRef("root");
        this.action = useService("action");
        this.notification = useService("notification");
        this.uploadFiles = useFileUploader();
        useDropzone(this.root, (event) => this.onDrop(event), "o_dunning_evidence_dropzone");
    }

    async onDrop(event) {
        const { record } = this.props;
        const files = [...event.dataTransfer.files];
        if (!files.length || !(await record.save())) {
            return;
        }
        const uploaded = await this.uploadFiles("/web/binary/upload_attachment", {
            csrf_token: odoo.csrf_token,
            ufile: files,
            model: record.resModel,
            id: record.resId,
        });
        for (const { error } of (uploaded || []).filter((file) => file.error)) {
            this.notification.add(error, { type: "danger" });
        }
        const ids = (uploaded || []).filter((file) => file.id).map((file) => file.id);
        if (ids.length) {
            await this.action.doActionButton({
                type: "object",
                name: "action_dunning_pick_evidence",
                resModel: record.resModel,
                resId: record.resId,
                resIds: [record.resId],
                context: record.context,
                buttonContext: { dunning_dropped_ids: ids },
                onClose: () => record.load(),
            });
        }
    }
}

registry.category("view_widgets").add("dunning_evidence_drop", { component: EvidenceDrop });
