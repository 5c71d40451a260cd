/* What could not be brought up to date, with the reason. */
import { html } from '../core/html.js';
import { askRetryAll } from '../actions/links.js';
import { anyOf, useLoad } from '../core/load.js';
import { Heading } from '../parts/heading.js';
import { linkColumns, linkKey } from '../parts/links.js';
import { Loaded } from '../parts/loaded.js';
import { OperationStrip } from '../parts/operations.js';
import { Pager, usePage } from '../parts/pager.js';
import { Table } from '../parts/table.js';

const columns = linkColumns('repository', 'app', 'error', 'tries', 'scanned', 'act');

/* What failed, as the row of a link. */
const asLink = (one) => ({ ...one, status: 'failed', last_error: one.error, last_scanned_at: one.failed_at });

export function Failed() {
    const page = usePage();
    const load = useLoad('/admin/api/notifications/failed', page.params, { on: anyOf('progress'), every: 1500 });
    const none = load.data !== null && !load.data.failed.length;
    return html`
        <${Heading} title="Failed" below="Repositories that could not be brought up to date.">
            <button type="button" disabled=${none} onClick=${askRetryAll}>Retry all failed…</button>
        <//>
        <${OperationStrip} scope="failed" />
        <${Loaded} load=${load}>${({ failed, next }) => html`
            <div class="panel">
                <${Table} label="Failed" columns=${columns} rows=${failed.map(asLink)} keyOf=${linkKey}
                    empty="Nothing has failed." />
                <${Pager} page=${page} shown=${failed.length} next=${next} />
            </div>`}<//>`;
}
