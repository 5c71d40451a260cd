/*
 * One operation, live: its events move the counts at once, and ask for the rest (rate, phases) a little later. Events
 * only go forward; what the server answers is the truth.
 */
import { useEffect, useState } from './html.js';
import { listen } from './events.js';
import { useLoad } from './load.js';

const isOf = (id) => (event) => event.type === 'progress' && event.operation_id === id;

/* `id` undefined: none. Gives what useLoad gives, `data` being the operation. */
export function useOperation(id) {
    const load = useLoad(id ? '/admin/api/operations/' + encodeURIComponent(id) : null, {}, { on: isOf(id) });
    const [event, setEvent] = useState(null);
    useEffect(() => {
        setEvent(null);
        const mine = isOf(id);
        return listen((one) => mine(one) && setEvent(one));
    }, [id]);
    return { ...load, data: load.data && withEvent(load.data, event) };
}

/* The row with the newer counts of the event; a row of another operation stays as it is. */
export function withEvent(operation, event) {
    if (!event || event.operation_id !== operation.operation_id || event.completed <= operation.completed) return operation;
    return { ...operation, completed: event.completed, failed: event.failed, total: event.total };
}
