/* All operations, the newest first. */
import { html } from '../core/html.js';
import { useLoad } from '../core/load.js';
import { useProgress } from '../core/operation.js';
import { useRoute } from '../core/router.js';
import { Select } from '../parts/filter.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { operationColumns } from '../parts/operations.js';
import { Pager, usePage } from '../parts/pager.js';
import { Table } from '../parts/table.js';

const states = [
    ['', 'any'],
    ['with-failures', 'with failures'],
    ...['running', 'paused', 'completed', 'failed', 'cancelled'].map((word) => [word, word]),
];
const askers = [
    ['', 'all'],
    ['false', 'not by a schedule'],
    ['true', 'by a schedule'],
];
const isProgress = (event) => event.type === 'progress';

export function Operations() {
    const { params } = useRoute();
    const page = usePage(20);
    const load = useLoad(
        '/admin/api/operations',
        { ...page.params, state: params.state, scheduled: params.scheduled },
        { on: isProgress, every: 1500 },
    );
    const rows = useProgress(load.data?.operations ?? []);
    return html`
        <${Heading} title="Operations" below="Everything that was asked for, the newest first." />
        <div class="filters">
            <${Select} name="state" label="State" value=${params.state} options=${states} />
            <${Select} name="scheduled" label="Asked for" value=${params.scheduled} options=${askers} />
        </div>
        <${Loaded} load=${load}>${({ next }) => html`
            <div class="panel">
                <${Table} label="Operations" columns=${operationColumns} keyOf=${(one) => one.operation_id}
                    empty=${params.state || params.scheduled ? 'No operation fits.' : 'Nothing has been started yet.'}
                    rows=${rows} />
                <${Pager} page=${page} shown=${rows.length} next=${next} />
            </div>`}<//>`;
}
