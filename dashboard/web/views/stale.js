/* Finished runs whose cost looks too small for their tokens: re-sync them. */
import { html } from '../core/html.js';
import { askResyncCosts } from '../actions/history.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { OperationStrip } from '../parts/operations.js';
import { Pager, usePage } from '../parts/pager.js';
import { runColumns } from '../parts/runs.js';
import { Table } from '../parts/table.js';

const way = [{ href: linkTo(['history']), text: 'History' }];
const columns = runColumns.map(({ sort, ...column }) => column);

export function Stale() {
    const page = usePage();
    const load = useLoad('/api/workflow-history/stale', page.params, { on: anyOf('progress'), every: 3000 });
    return html`
        <${Heading} title="Stale costs" above=${way}
            below="Completed runs that cost less than $0.50 although they used over 100 000 tokens, the cheapest first.">
            <button type="button" onClick=${() => askResyncCosts({ status: 'completed' })}>Re-sync costs…</button>
        <//>
        <${OperationStrip} scope="history" />
        <${Loaded} load=${load}>${(found) => html`
            <div class="panel">
                <${Table} label="Stale costs" columns=${columns} rows=${found.workflows} keyOf=${(run) => run.adw_id}
                    empty="None: every cost fits its tokens." />
                <${Pager} page=${page} shown=${found.workflows.length} next=${found.next} />
            </div>`}<//>`;
}
