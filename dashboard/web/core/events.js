/*
 * What happens on the server, told to whoever listens: by server-sent events, and while these do not come, by a tick
 * every two seconds that stands for "anything may have happened". Progress events carry counts, so that a bar can move
 * without asking; all else only says what to load again.
 */
import { noteNoAnswer } from './server.js';

const TICK_MS = 2000;
const RETRY_MS = 5000;
const KINDS = ['progress', 'worker', 'definitions'];

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
    stopTicking();
}

function connect() {
    source = new EventSource('/admin/api/events');
    source.onopen = eventsCome;
    source.onerror = () => fallBack(source);
    source.addEventListener('feed', (message) => (read(message)?.up ? eventsCome() : startTicking()));
    for (const kind of KINDS) source.addEventListener(kind, receive);
}

function startTicking() {
    ticker ??= setInterval(() => tell({ type: 'tick' }), TICK_MS);
}

function stopTicking() {
    clearInterval(ticker);
    ticker = null;
}

/* One last tick, for what happened while nobody told. */
function eventsCome() {
    stopTicking();
    tell({ type: 'tick' });
}

/* The browser reconnects by itself unless the server refused; polling bridges the time in both cases. */
function fallBack(broken) {
    startTicking();
    noteIfAway();
    if (broken.readyState !== EventSource.CLOSED) return;
    broken.close();
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

function read(message) {
    try {
        return JSON.parse(message.data);
    } catch {
        return null; // not ours
    }
}

function receive(message) {
    const event = read(message);
    if (event) tell({ ...event, type: message.type });
}

function tell(event) {
    for (const listener of [...listeners]) listener(event);
}
