/*
 * What happens on the server, told to whoever listens: by server-sent events, and while these do not come, by a tick
 * every two seconds that stands for "anything may have happened". Progress events carry counts, so that a bar can move
 * without asking; all else only says what to load again.
 */
import { noteNoAnswer } from './server.js';

const TICK_MS = 2000;
const RETRY_MS = 5000;
const KINDS = ['progress', 'worker', 'workers', 'definitions', 'definition', 'history', 'message'];

const listeners = new Set();
let source = null;
let retry = null;
let ticker = null;

/* `listener` is given {type, …}; type "tick" means that events do not come. Returns how to stop. */
export function listen(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function startEvents() {
    stopEvents();
    connect();
}

export function stopEvents() {
    source?.close();
    source = null;
    clearTimeout(retry);
    clearInterval(ticker);
    retry = ticker = null;
}

function connect() {
    source = new EventSource('/admin/api/events');
    source.onopen = () => {
        clearInterval(ticker);
        ticker = null;
        tell({ type: 'tick' }); // what happened while nobody listened
    };
    source.onerror = fallBack;
    for (const kind of KINDS) source.addEventListener(kind, receive);
}

/* The browser reconnects by itself unless the server refused; polling bridges the time in both cases. */
function fallBack() {
    ticker ??= setInterval(() => tell({ type: 'tick' }), TICK_MS);
    if (source.readyState !== EventSource.CLOSED) {
        noteIfAway();
        return;
    }
    source.close();
    clearTimeout(retry);
    retry = setTimeout(connect, RETRY_MS);
}

/* A broken stream alone is no proof that the server has gone. */
async function noteIfAway() {
    try {
        await fetch('/health', { cache: 'no-store' });
    } catch {
        noteNoAnswer();
    }
}

function receive(message) {
    let event;
    try {
        event = JSON.parse(message.data);
    } catch {
        return; // a comment or a greeting
    }
    tell({ type: message.type, ...event });
}

function tell(event) {
    for (const listener of [...listeners]) listener(event);
}
