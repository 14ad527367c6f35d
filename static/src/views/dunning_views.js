import { onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

import { DunningBanner } from "./dunning_banner";

const SECONDS_BETWEEN_LOOKS = 3;

export class DunningListController extends ListController {
    static template = "account_dunning.ListView";
    static components = { ...ListController.components, DunningBanner };
}

export class DunningKanbanController extends KanbanController {
    static template = "account_dunning.KanbanView";
    static components = { ...KanbanController.components, DunningBanner };
}

/** A record on which the scheduled action works shows by itself how far it is. */
class WatchingController extends FormController {
    setup() {
        super.setup();
        onMounted(() => {
            this.lookTimer = setInterval(() => this.look(), SECONDS_BETWEEN_LOOKS * 1000);
        });
        onWillUnmount(() => clearInterval(this.lookTimer));
    }

    async look() {
        const record = this.model.root;
        if (this.isAtWork && record.resId && !document.hidden && !(await record.isDirty())) {
            await record.load();
        }
    }
}

export class DunningRunController extends WatchingController {
    get isAtWork() {
        const { phase, state } = this.model.root.data;
        return ["planning", "sending"].includes(phase) && ["prepared", "running"].includes(state);
    }
}

export class DunningNoticeController extends WatchingController {
    get isAtWork() {
        const { run_phase, run_state, state } = this.model.root.data;
        return run_phase === "sending" && run_state === "running" && ["draft", "ready", "sending"].includes(state);
    }
}

export class DunningEvidenceFileController extends WatchingController {
    get isAtWork() {
        return ["waiting", "building"].includes(this.model.root.data.state);
    }
}

registry.category("views").add("dunning_list", { ...listView, Controller: DunningListController });
registry.category("views").add("dunning_kanban", { ...kanbanView, Controller: DunningKanbanController });
registry.category("views").add("dunning_notice_form", { ...formView, Controller: DunningNoticeController });
registry.category("views").add("dunning_evidence_file_form", {
    ...formView,
    Controller: DunningEvidenceFileController,
});
registry.category("views").add("dunning_run_form", { ...formView, Controller: DunningRunController });
