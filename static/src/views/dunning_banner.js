import { Component, onWillStart, useState } from "@odoo/owl";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/** What everybody must know of the company before working on its dunning: all is stopped, nothing leaves by itself. */
export class DunningBanner extends Component {
    static template = "account_dunning.Banner";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.state = useState({ stopped: false, manual: false, rates: false });
        onWillStart(() => this.load());
    }

    async load() {
        const fields = ["dunning_stop_text", "dunning_auto_text", "dunning_rate_text"];
        const [company] = await this.orm.read("res.company", [user.activeCompany.id], fields);
        this.state.stopped = company.dunning_stop_text;
        this.state.manual = company.dunning_auto_text;
        this.state.rates = company.dunning_rate_text;
    }
}
