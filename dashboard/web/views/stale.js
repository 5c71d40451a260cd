/* Runs whose cost is not what its phases or models add up to: re-sync them. */
import { html } from '../core/html.js';
import { askResyncCosts } from '../actions/history.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { Money } from '../parts/money.js';
import { OperationStrip } from '../parts/operations.js';
import { Pager, usePage } from '../parts/pager.js';
import { runColumns } from '../parts/runs.js';
import { Table } from '../parts/table.js';

const way = [{ href: linkTo(['history']), text: 'History' }];
const [run, status, started] = runColumns.map(({ sort, ...column }) => column);
const act = runColumns.find((column) => column.act);
const money = (title, key) => ({ title, num: true, cell: (one) => html`<${Money} value=${one[key]} />` });
const columns = [
    run,
    status,
    started,
    money('Cost', 'actual_cost_total'),
    money('Its phases', 'cost_of_phases'),
    money('Its models', 'cost_of_models'),
    act,
];

/* A page looks at so many runs, and may find none among them. */
const emptyText = (next) =>
    next
        ? 'None among the 10\u202f000 runs that were looked at: the next page looks on.'
        : 'None: every cost is the sum of its parts.';

export function Stale() {
    const page = usePage();
    const load = useLoad('/api/workflow-history/stale', page.params, { on: anyOf('progress'), every: 3000 });
    return html`
        <${Heading} title="Stale costs" above=${way}
            below="Runs whose cost is not what its phases or its models add up to, the newest first.">
            <button type="button" onClick=${() => askResyncCosts(null)}>Re-sync costs…</button>
        <//>
        <${OperationStrip} scope="history" />
        <${Loaded} load=${load}>${(found) => html`
            <div class="panel">
                <${Table} label="Stale costs" columns=${columns} rows=${found.workflows} keyOf=${(run) => run.adw_id}
                    empty=${emptyText(found.next)} />
                <${Pager} page=${page} shown=${found.workflows.length} next=${found.next} byCursor=${true} />
            </div>`}<//>`;
}
