/*
 * The stream of server-sent events, and what stands in for it while it does not come: a tick every two seconds, which
 * means "anything may have happened". One tab of all has it open (events.js); `emit` is given {type, …} of each event,
 * and the types "tick" and "beat".
 *
 * The server beats at once and every ten seconds. Where no beat comes, the stream is silent: a proxy collects it, or the
 * network lost it without notice. Such a stream is given up, and opened again now and then; it counts again when two of
 * its beats came in their time, for what a proxy has collected comes all at once.
 */
import { addressOf } from './base.js';
import { noteAlive, noteNoAnswer } from './server.js';

const TICK_MS = 2000;
const RETRY_MS = 5000;
const BEAT_MS = 10000;
const FIRST_MS = 8000; // for the first beat
const QUIET_MS = 2.5 * BEAT_MS;
const SILENT_RETRY_MS = 30000;

let emit = null;
let kinds = [];
let source = null;
let retry = null;
let ticker = null;
let watchdog = null;
let silent = false;
let beatAt = null; // of the last beat of this stream

/* `wanted`: the types of events that are listened for. */
export function startStream(emitTo, wanted) {
    stopStream();
    emit = emitTo;
    kinds = wanted;
    silent = false;
    connect();
}

export function stopStream() {
    source?.close();
    source = null;
    clearTimeout(retry);
    clearTimeout(watchdog);
    stopTicking();
}

function connect() {
    source = new EventSource(addressOf('/admin/api/events'));
    source.onopen = () => {
        expectWithin(FIRST_MS);
        eventsCome();
    };
    source.onerror = () => fallBack(source);
    source.addEventListener('beat', onBeat);
    source.addEventListener('feed', (message) => (read(message)?.up ? eventsCome() : startTicking()));
    for (const kind of kinds) source.addEventListener(kind, receive);
    beatAt = null;
    expectWithin(FIRST_MS);
}

function expectWithin(ms) {
    clearTimeout(watchdog);
    watchdog = setTimeout(giveUp, ms);
}

function giveUp() {
    silent = true;
    startTicking();
    source.close();
    clearTimeout(retry);
    retry = setTimeout(connect, SILENT_RETRY_MS);
}

function onBeat() {
    const now = performance.now();
    const since = beatAt === null ? 0 : now - beatAt;
    beatAt = now;
    if (silent && since > BEAT_MS / 2 && since < QUIET_MS) {
        silent = false;
        eventsCome();
    }
    expectWithin(QUIET_MS);
    noteAlive();
    emit({ type: 'beat' });
}

function startTicking() {
    ticker ??= setInterval(() => emit({ type: 'tick' }), TICK_MS);
}

function stopTicking() {
    clearInterval(ticker);
    ticker = null;
}

/* One last tick, for what happened while no event came. */
function eventsCome() {
    if (silent) return;
    stopTicking();
    emit({ type: 'tick' });
}

/* The browser reconnects by itself unless the server refused; polling bridges the time in both cases. */
function fallBack(broken) {
    startTicking();
    clearTimeout(watchdog); // nothing is missed while it ticks
    noteIfAway();
    if (broken.readyState !== EventSource.CLOSED) return;
    broken.close();
    clearTimeout(retry);
    retry = setTimeout(connect, RETRY_MS);
}

/* A broken stream alone is no proof that the server has gone. */
async function noteIfAway() {
    try {
        await fetch(addressOf('/health'), { cache: 'no-store' });
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
    if (event) emit({ ...event, type: message.type });
}
