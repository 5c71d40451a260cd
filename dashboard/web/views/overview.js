/* What runs, what needs a person, and how it has been going. */
import { html } from '../core/html.js';
import { askResyncCosts, syncHistory } from '../core/actions.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { count, percent, rate, share } from '../format/number.js';
import { ActionButton } from '../parts/button.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { operationColumns } from '../parts/operations.js';
import { Table } from '../parts/table.js';
import { Attention, useAttention } from './overview_attention.js';
import { OverviewChart } from './overview_chart.js';
import { workerColumns } from '../parts/workers.js';

export function Overview() {
    const load = useLoad('/admin/api/overview', {}, { on: anyOf('progress', 'worker', 'workers'), every: 1000 });
    return html`
        <${Heading} title="Overview" below=${load.data ? sentence(load.data) : ''}>
            <button type="button" onClick=${() => askResyncCosts({})}>Re-sync costs…</button>
            <${ActionButton} name="sync-history" act=${syncHistory}>Sync history<//>
        <//>
        <${Loaded} load=${load}>${(overview) => html`<${Shown} overview=${overview} />`}<//>`;
}

function sentence({ running, failed }) {
    const runs = running.length === 0 ? 'Nothing is running.' : running.length === 1 ? 'One operation is running.' : count(running.length) + ' operations are running.';
    const looks = failed === 0 ? ' No link needs a look.' : failed === 1 ? ' One link needs a look.' : ' ' + count(failed) + ' links need a look.';
    return runs + looks;
}

function Shown({ overview }) {
    const attention = useAttention(overview);
    return html`
        <${Stats} overview=${overview} />
        <h2>Running</h2>
        <div class="panel"><${Table} label="Running operations" columns=${operationColumns} rows=${overview.running} keyOf=${(one) => one.operation_id}
            empty=${html`Nothing is running. Start something from <a href=${linkTo(['apps'])}>Apps</a> or <a href=${linkTo(['history'])}>History</a>.`} /></div>
        <div class="two">
            <div><h2>Settled jobs and chunks waiting</h2><${OverviewChart} overview=${overview} /></div>
            <div><h2>Needs attention</h2><${Attention} findings=${attention} /></div>
        </div>
        <h2>Workers</h2>
        <div class="panel"><${Table} label="Workers" columns=${workerColumns} rows=${overview.workers} keyOf=${(worker) => worker.id}
            empty="No worker is alive: what is asked for waits." /></div>`;
}

function Stats({ overview }) {
    const hour = overview.last_hour;
    const settled = hour.succeeded + hour.failed + hour.skipped;
    const sum = (key) => overview.queues.reduce((total, queue) => total + queue[key], 0);
    const speed = overview.running.reduce((total, one) => total + (one.state === 'running' ? Number(one.rate_per_s) || 0 : 0), 0);
    return html`
        <div class="panel stats">
            <div><b>${count(settled)}</b><span>settled in the last hour</span></div>
            <div><b>${settled ? percent(share(settled - hour.failed, settled), 2) : '—'}</b><span>of them without failure</span></div>
            <div><b>${rate(speed) || '0/s'}</b><span>now</span></div>
            <div><b>${count(sum('waiting'))}</b><span>chunks waiting · ${count(sum('active'))} in hand</span></div>
            <div><b>${count(overview.failed)}</b><span>failed links</span></div>
        </div>`;
}
