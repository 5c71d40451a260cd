/* Whether the server answers. Views read it to say so, and load again when `revision` changes: it is back. */
import { addressOf } from './base.js';
import { makeStore, useStore } from './store.js';

const RETRY_MS = 1500;
const ANSWER_MS = 4000;

const state = makeStore({ away: false, revision: 0 });
let looking = false;
let aliveAt = -Infinity; // of the last sign of life that came by the stream of events

export function useServer() {
    return useStore(state);
}

/* A sign of life of the server that is no answer to a request. */
export function noteAlive() {
    aliveAt = performance.now();
}

/* A request that waits in the browser for a connection, or in a busy server, gets no answer either: whether the server
 * has given a sign of life since `sentAt`. */
export const aliveSince = (sentAt) => aliveAt > sentAt;

/* Called with every request that could not reach the server, or got no answer from one that gave no sign of life. */
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
