/* Which operation was started from which page, so that the page shows its progress, after a reload too. */
import { makeStore, useStore } from './store.js';

const KEY = 'reprise.started';

function read() {
    try {
        return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
    } catch {
        return {};
    }
}

const started = makeStore(read());

function write(next) {
    started.set(next);
    sessionStorage.setItem(KEY, JSON.stringify(next));
}

export function noteStarted(scope, operationId) {
    write({ ...started.get(), [scope]: operationId });
}

export function forgetStarted(scope) {
    const { [scope]: gone, ...left } = started.get();
    write(left);
}

/* The id of the scope's operation, or undefined. */
export function useStarted(scope) {
    return useStore(started)[scope];
}
