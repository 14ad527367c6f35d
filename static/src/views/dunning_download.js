import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

/** Download a file, then go on: printed letters are followed by the question whether they were posted. */
function downloadThenGoOn(env, action) {
    browser.location.assign(action.params.url);
    return action.params.next;
}

registry.category("actions").add("account_dunning.download", downloadThenGoOn);
