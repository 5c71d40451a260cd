/* Whether the server is there. Views read it to say so, and `revision` tells them to load again once it is back. */
import { addressOf } from './base.js';
import { makeStore, useStore } from './store.js';

const RETRY_MS = 1500;
const ANSWER_MS = 4000;

const state = makeStore({ away: false, revision: 0 });
let looking = false;

export function useServer() {
    return useStore(state);
}

/* Called with every request that got no answer. */
export function noteNoAnswer() {
    if (!state.get().away) state.set({ ...state.get(), away: true });
    lookForIt();
}

function noteAnswer() {
    const before = state.get();
    if (before.away) state.set({ away: false, revision: before.revision + 1 });
}

async function lookForIt() {
    if (looking) return;
    looking = true;
    while (state.get().away) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        if (await answers()) noteAnswer();
    }
    looking = false;
}

/* Whether any server answers, not whether all is well: /health is in front of what the stores could spoil. */
async function answers() {
    try {
        await fetch(addressOf('/health'), { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) });
        return true;
    } catch {
        return false;
    }
}
