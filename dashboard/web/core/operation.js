/*
 * Operations, live: their events move the counts at once, and ask for the rest (phases, who waits) a little later. Events
 * only go forward; what the server answers is the truth, but for the rate: it knows the mean of an operation's whole
 * life, and a person who watches wants to know how it goes now.
 */
import { useEffect, useState } from './html.js';
import { listen } from './events.js';
import { useLoad } from './load.js';

const WINDOW_MS = 10000;
const LEAST_MS = 1000;

const isOf = (id) => (event) => event.type === 'progress' && event.operation_id === id;

/* How far a single job is no event says: while one runs, it is asked for. */
const JOBS_POLL_MS = 2000;

/* `id` undefined: none. Gives what useLoad gives, `data` being the operation. */
export function useOperation(id) {
    const [runs, setRuns] = useState(false);
    const load = useLoad(
        id ? '/admin/api/operations/' + encodeURIComponent(id) : null,
        {},
        { on: isOf(id), poll: runs ? JOBS_POLL_MS : null },
    );
    const now = Boolean(load.data?.running_jobs) && load.data.state === 'running';
    useEffect(() => setRuns(now), [now]);
    const [row] = useProgress(load.data ? [load.data] : []);
    return { ...load, data: row ?? null };
}

/* Rows of a list, each with the counts of its last event and the rate of the last seconds. */
export function useProgress(rows) {
    const [seen, setSeen] = useState({}); // operation_id to the events of the last seconds
    useEffect(() => {
        const note = (event) =>
            setSeen((before) => ({ ...before, [event.operation_id]: withNew(before[event.operation_id], event) }));
        return listen((event) => event.type === 'progress' && note(event));
    }, []);
    return rows.map((row) => withEvents(row, seen[row.operation_id]));
}

function withNew(events = [], event) {
    const now = performance.now();
    return [...events.filter((one) => one.at > now - WINDOW_MS), { ...event, at: now }];
}

/* An event that is not newer than the row changes no counts. */
function withEvents(row, events = []) {
    const last = events[events.length - 1];
    if (!last) return row;
    const counts =
        last.completed > row.completed ? { completed: last.completed, failed: last.failed, total: last.total } : {};
    return { ...row, ...counts, ...pace({ ...row, ...counts }, events) };
}

/* {rate_per_s, eta_s} of what was seen; nothing where that is too little to judge by. */
function pace(row, events) {
    const [first, last] = [events[0], events[events.length - 1]];
    if (performance.now() - last.at > WINDOW_MS) return {}; // nothing has come since: it goes no longer as it went
    if (row.state !== 'running' || last.at - first.at < LEAST_MS) return {};
    const rate = ((last.completed - first.completed) * 1000) / (last.at - first.at);
    if (rate <= 0) return {};
    return { rate_per_s: rate, eta_s: row.planned ? (row.total - row.completed) / rate : null };
}
