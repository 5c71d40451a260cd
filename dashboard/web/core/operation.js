/*
 * Operations, live: their events move the counts at once, and ask for the rest (rate, phases) a little later. Events only
 * go forward; what the server answers is the truth.
 */
import { useEffect, useState } from './html.js';
import { listen } from './events.js';
import { useLoad } from './load.js';

const isOf = (id) => (event) => event.type === 'progress' && event.operation_id === id;

/* `id` undefined: none. Gives what useLoad gives, `data` being the operation. */
export function useOperation(id) {
    const load = useLoad(id ? '/admin/api/operations/' + encodeURIComponent(id) : null, {}, { on: isOf(id) });
    const [row] = useProgress(load.data ? [load.data] : []);
    return { ...load, data: row ?? null };
}

/* Rows of a list, each with the counts of its last event. */
export function useProgress(rows) {
    const [events, setEvents] = useState({});
    useEffect(
        () =>
            listen(
                (event) =>
                    event.type === 'progress' && setEvents((before) => ({ ...before, [event.operation_id]: event })),
            ),
        [],
    );
    return rows.map((row) => withEvent(row, events[row.operation_id]));
}

/* An event that is not newer than the row changes nothing. */
function withEvent(row, event) {
    if (!event || event.completed <= row.completed) return row;
    return { ...row, completed: event.completed, failed: event.failed, total: event.total };
}
