/*
 * What happens on the server, passed to every listener of this page. Progress events carry counts, so that a bar can
 * move without a request; all others only say what to load again.
 *
 * All visible tabs of one dashboard share one stream: a browser opens six connections to a host, and a stream for each
 * tab would leave none for requests. The tab that holds a Web Lock has the stream (stream.js) and broadcasts its events;
 * the others wait for the lock, so that the next takes over when that tab is closed or hidden. A hidden tab takes no
 * part: when it is shown again it loads everything once.
 *
 * A tab whose leader is silent, though it beats or ticks all the time while it lives, takes the lock away: a browser may
 * freeze a tab. Without Web Locks (a page over plain HTTP from another host) each tab has a stream of its own.
 */
import { addressOf } from './base.js';
import { noteAlive } from './server.js';
import { startStream, stopStream } from './stream.js';

const NAME = 'reprise.events ' + addressOf('/').href;
const KINDS = ['progress', 'worker', 'definitions']; // what the server tells
const SILENCE_MS = 30000;
const SPREAD_MS = 3000; // so that not all tabs take the lock at once

const listeners = new Set();
let channel = null; // between the tabs; null: this one takes no part
let waiting = null; // AbortController of the request for the lock
let release = null; // of the lock, while it is ours
let silence = null;

/* `listener` is given {type, …}; type "tick" means that anything may have happened. Returns how to stop. */
export function listen(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function startEvents() {
    stopEvents();
    document.addEventListener('visibilitychange', onVisibility);
    if (!document.hidden) join();
}

export function stopEvents() {
    document.removeEventListener('visibilitychange', onVisibility);
    leave();
}

function onVisibility() {
    leave();
    if (document.hidden) return;
    join();
    notify({ type: 'tick' });
}

function join() {
    if (!navigator.locks) {
        startStream(notify, KINDS);
        return;
    }
    channel = new BroadcastChannel(NAME);
    channel.onmessage = (message) => onBroadcast(message.data);
    waitForLock();
    expectLeader();
}

function leave() {
    clearTimeout(silence);
    channel?.close();
    channel = null;
    waiting?.abort();
    stopStream();
    release?.();
    release = null;
}

/* The lock is ours until the promise of `lead` is settled. Its loss means that another tab took it, or that we left. */
function waitForLock({ steal = false } = {}) {
    const mine = channel;
    waiting?.abort();
    waiting = new AbortController();
    const how = steal ? { steal } : { signal: waiting.signal };
    navigator.locks.request(NAME, how, () => (channel === mine ? lead() : undefined)).catch(() => {
        if (channel !== mine || release === null) return;
        stopStream();
        release = null;
        waitForLock();
        expectLeader();
    });
}

function lead() {
    clearTimeout(silence);
    startStream((event) => {
        channel?.postMessage(event);
        notify(event);
    }, KINDS);
    return new Promise((resolve) => {
        release = resolve;
    });
}

function expectLeader() {
    clearTimeout(silence);
    silence = setTimeout(() => waitForLock({ steal: true }), SILENCE_MS + Math.random() * SPREAD_MS);
}

function onBroadcast(event) {
    if (release !== null) return; // of a tab that does not know yet that it leads no longer
    expectLeader();
    if (event.type !== 'tick') noteAlive();
    notify(event);
}

function notify(event) {
    if (event.type === 'beat') return;
    for (const listener of [...listeners]) listener(event);
}
