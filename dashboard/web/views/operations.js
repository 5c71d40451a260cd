/* All operations, the newest first. */
import { html, useEffect, useState } from '../core/html.js';
import { listen } from '../core/events.js';
import { useLoad } from '../core/load.js';
import { withEvent } from '../core/operation.js';
import { useRoute } from '../core/router.js';
import { Select } from '../parts/filter.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { operationColumns } from '../parts/operations.js';
import { Pager, usePage } from '../parts/pager.js';
import { Table } from '../parts/table.js';

const states = [['', 'any'], ...['running', 'paused', 'completed', 'failed', 'cancelled'].map((word) => [word, word])];
const isProgress = (event) => event.type === 'progress';

/* The last event of each operation on the page, so that its bar moves at once. */
function useProgress() {
    const [events, setEvents] = useState({});
    useEffect(() => listen((event) => isProgress(event) && setEvents((before) => ({ ...before, [event.operation_id]: event }))), []);
    return events;
}

export function Operations() {
    const { params } = useRoute();
    const page = usePage(20);
    const events = useProgress();
    const load = useLoad('/admin/api/operations', { ...page.params, state: params.state }, { on: isProgress, every: 1500 });
    return html`
        <${Heading} title="Operations" below="Everything that was asked for, the newest first." />
        <div class="filters"><${Select} name="state" label="State" value=${params.state} options=${states} /></div>
        <${Loaded} load=${load}>${({ operations, next }) => html`
            <div class="panel">
                <${Table} label="Operations" columns=${operationColumns} keyOf=${(one) => one.operation_id} empty="No operation fits."
                    rows=${operations.map((one) => withEvent(one, events[one.operation_id]))} />
                <${Pager} page=${page} shown=${operations.length} next=${next} />
            </div>`}<//>`;
}
