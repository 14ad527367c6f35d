import { rpcBus } from "@web/core/network/rpc";

// As long as Odoo allows: only a page that never gets there fails, a slow machine does not.
const PATIENCE = 60000;
const QUIET_FRAMES = 3;
// Odoo marks the buttons of a screen like this while the action of one of them is under way.
const UNDER_WAY = "button[disabled='1']";
const asked = new Set();

rpcBus.addEventListener("RPC:REQUEST", ({ detail }) => asked.add(detail.data.id));
rpcBus.addEventListener("RPC:RESPONSE", ({ detail }) => asked.delete(detail.data.id));

function isBusy() {
    // Behind a dialog the buttons of the screen wait for its end.
    const dialogs = document.querySelectorAll(".modal:not(.o_inactive_modal)");
    const screen = dialogs.length ? dialogs[dialogs.length - 1] : document;
    return asked.size || screen.querySelector(UNDER_WAY);
}

async function becomeQuiet() {
    let frames = 0;
    while (frames < QUIET_FRAMES) {
        await new Promise(requestAnimationFrame);
        frames = isBusy() ? 0 : frames + 1;
    }
}

const quiet = { content: "The page has its answers", trigger: "body", timeout: PATIENCE, run: becomeQuiet };

/**
 * Let each step, and the end, wait until the server has answered and the page shows it: a person sees that a page
 * is busy, a tour does not.
 * Only what Odoo delays by a timer (the search while one types) must be waited for in the steps themselves.
 */
export function patient(steps) {
    const slow = steps.map((step) => ({ timeout: PATIENCE, ...step }));
    return [...slow.flatMap((step) => [quiet, step]), quiet];
}
