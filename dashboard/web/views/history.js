/* Every run of a developer workflow, what it cost and how long it took. */
import { html } from '../core/html.js';
import { askResyncCosts, syncHistory } from '../actions/history.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo, setParams, useRoute } from '../core/router.js';
import { ActionButton } from '../parts/button.js';
import { DateField, Search, Select } from '../parts/filter.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { OperationStrip } from '../parts/operations.js';
import { Pager, usePage } from '../parts/pager.js';
import { runColumns, statuses } from '../parts/runs.js';
import { Table } from '../parts/table.js';
import { HistoryCharts } from './history_charts.js';
import { HistoryFigures } from './history_figures.js';

const SEARCH_FROM = 3; // shorter texts have no trigram to search by

export function History() {
    const { params } = useRoute();
    return html`
        <${Heading} title="History" below="Runs of developer workflows, what they cost and how they went.">
            <a class="button" href=${linkTo(['stale'])}>Stale costs</a>
            <button type="button" onClick=${() => askResyncCosts(params)}>Re-sync costs…</button>
            <${ActionButton} name="sync-history" act=${syncHistory}>Sync now<//>
        <//>
        <${OperationStrip} scope="history" />
        <${HistoryFigures} />
        <${HistoryCharts} params=${params} />
        <h2>Runs</h2>
        <${Filters} params=${params} />
        <${Runs} params=${params} />`;
}

const NARROWING = ['status', 'model', 'template', 'search', 'from', 'to'];

const emptyText = (params) =>
    NARROWING.some((name) => params[name])
        ? 'No run fits.'
        : 'No run is known yet: Sync history reads them from the files.';

function Filters({ params }) {
    return html`
        <div class="filters" role="search">
            <${Search} value=${params.search} placeholder="prompt, three letters or more" atLeast=${SEARCH_FROM} />
            <${Select} name="status" label="Status" value=${params.status} options=${[['', 'any'], ...statuses]} />
            <${Search} name="model" label="Model" value=${params.model} placeholder="any" />
            <${Search} name="template" label="Template" value=${params.template} placeholder="any" />
            <${DateField} name="from" label="From" value=${params.from} />
            <${DateField} name="to" label="To" value=${params.to} />
        </div>`;
}

function Runs({ params }) {
    const page = usePage(20);
    const { sort_by = 'start_time', sort_order = 'desc' } = params;
    const { status, model, template, search, from, to } = params;
    const load = useLoad(
        '/api/workflow-history',
        { ...page.params, status, model, template, search, from, to, sort_by, sort_order },
        { on: anyOf('progress'), every: 3000 },
    );
    const sortBy = (key, order) => setParams({ sort_by: key, sort_order: order, page: '', cursor: '' });
    return html`<${Loaded} load=${load}>${(found) => html`
        <div class="panel">
            <${Table} label="Runs" columns=${runColumns} rows=${found.workflows} keyOf=${(run) => run.adw_id}
                sort=${sort_by} order=${sort_order} onSort=${sortBy} empty=${emptyText(params)} />
            <${Pager} page=${page} shown=${found.workflows.length} next=${found.next} total=${found.total}
                capped=${found.total_capped} />
        </div>`}<//>`;
}
