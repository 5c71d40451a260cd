/*
 * What this page has seen, by bins of ten seconds: settled jobs from the events, the queue's depth from whoever asks for
 * it. Redis keeps no past, and a dashboard that stays open is the only one that wants it; a reload keeps it.
 */
import { listen } from './events.js';

const KEY = 'reprise.samples';
const BIN_S = 10;
const KEPT_S = 3600;
const LEAST_S = 600; // a chart of less says nothing

let bins = read(); // bin (seconds) to {done, failed, depth}
const seen = new Map(); // operation_id to {completed, failed} of its last event

function read() {
    try {
        return new Map(JSON.parse(sessionStorage.getItem(KEY)) ?? []);
    } catch {
        return new Map();
    }
}

function bin() {
    const at = Math.floor(Date.now() / 1000 / BIN_S) * BIN_S;
    if (!bins.has(at)) {
        bins.set(at, { done: 0, failed: 0, depth: null });
        bins = new Map([...bins].filter(([old]) => old > at - KEPT_S));
        sessionStorage.setItem(KEY, JSON.stringify([...bins]));
    }
    return bins.get(at);
}

listen((event) => {
    if (event.type !== 'progress') return;
    const before = seen.get(event.operation_id);
    seen.set(event.operation_id, { completed: event.completed, failed: event.failed });
    if (!before) return; // how much of it happened while this page looked is not known
    const failed = Math.max(0, event.failed - before.failed);
    bin().done += Math.max(0, event.completed - before.completed - failed);
    bin().failed += failed;
});

export function noteDepth(depth) {
    const now = bin();
    now.depth = Math.max(depth, now.depth ?? 0);
}

/* Columns for a chart: seconds, done and failed per second, depth. Bins in which nothing was seen are there, empty. */
export function samples() {
    const times = [...bins.keys()];
    if (!times.length) return [[], [], [], []];
    const columns = [[], [], [], []];
    const last = Math.max(...times);
    for (let at = Math.min(last - LEAST_S, ...times); at <= last; at += BIN_S) {
        const one = bins.get(at);
        columns[0].push(at);
        columns[1].push(one ? one.done / BIN_S : null);
        columns[2].push(one ? one.failed / BIN_S : null);
        columns[3].push(one ? one.depth : null);
    }
    return columns;
}
