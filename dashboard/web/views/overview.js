/* What runs, what needs a person, and how it has been going. */
import { html } from '../core/html.js';
import { askResyncCosts, syncHistory } from '../actions/history.js';
import { anyOf, useLoad } from '../core/load.js';
import { useProgress } from '../core/operation.js';
import { linkTo } from '../core/router.js';
import { count, countOf, percent, share } from '../format/number.js';
import { ActionButton } from '../parts/button.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { operationColumns } from '../parts/operations.js';
import { Table } from '../parts/table.js';
import { Attention, useAttention } from './overview_attention.js';
import { ActivityChart, Kinds, useActivity } from './overview_activity.js';
import { shownWorkers, workerColumns } from '../parts/workers.js';

export function Overview() {
    const load = useLoad('/admin/api/overview', {}, { on: anyOf('progress', 'worker'), every: 1000 });
    const running = useRunning();
    return html`
        <${Heading} title="Overview" below=${load.data && running ? sentence(load.data, running) : ''}>
            <button type="button" onClick=${() => askResyncCosts(null)}>Re-sync costs…</button>
            <${ActionButton} name="sync-history" act=${syncHistory}>Sync history<//>
        <//>
        <${Loaded} load=${load}>${(overview) => html`<${Shown} overview=${overview} running=${running ?? []} />`}<//>`;
}

const AT_MOST = 10;

/* What runs and what is paused, the newest first, with bars that move; null until known. */
function useRunning() {
    const on = { on: anyOf('progress'), every: 1000 };
    const live = useLoad('/admin/api/operations', { state: 'live', limit: AT_MOST }, on);
    const rows = useProgress(live.data?.operations ?? []);
    return live.data && rows;
}

const some = (number, one, many) => (number === 1 ? 'One ' + one : count(number) + ' ' + many);

function sentence({ failed }, rows) {
    const paused = rows.filter((row) => row.state === 'paused').length;
    const running = rows.length - paused;
    const words = [];
    if (running) words.push(some(running, 'operation is running.', 'operations are running.'));
    if (paused) words.push(some(paused, 'operation is paused.', 'operations are paused.'));
    if (!rows.length) words.push('Nothing is running.');
    words.push(failed ? some(failed, 'repository needs a look.', 'repositories need a look.') : 'No repository needs a look.');
    return words.join(' ');
}

function Shown({ overview, running }) {
    const attention = useAttention(overview);
    const activity = useActivity().data;
    return html`
        <${Stats} overview=${overview} />
        <h2>Running</h2>
        <div class="panel"><${Table} label="Running operations" columns=${operationColumns} rows=${running}
            keyOf=${(one) => one.operation_id}
            empty=${html`Nothing is running. Start something from <a href=${linkTo(['apps'])}>Apps</a> or <a href=${linkTo(['history'])}>History</a>.`} /></div>
        <div class="two">
            <div><${ActivityChart} activity=${activity} /><${Kinds} activity=${activity} /></div>
            <div><h2>Needs attention</h2><${Attention} findings=${attention} /></div>
        </div>
        <h2>Workers</h2>
        <div class="panel"><${Table} label="Workers" columns=${workerColumns} rows=${shownWorkers(overview.workers ?? [])}
            keyOf=${(one) => one.worker}
            empty=${overview.redis ? 'No worker is alive: what is asked for waits.' : 'Redis does not answer.'} /></div>`;
}

function Stats({ overview }) {
    const hour = overview.last_hour;
    const settled = hour.succeeded + hour.failed + hour.skipped;
    const chunks = (key) =>
        overview.queues ? count(overview.queues.reduce((total, queue) => total + queue[key], 0)) : '—';
    return html`
        <div class="panel stats">
            <div><b>${count(settled)}</b><span>settled in the last hour</span></div>
            <div><b>${settled ? percent(share(settled - hour.failed, settled), 2) : '—'}</b>
            <span>of them without failure</span></div>
            <div><b>${count(overview.open_jobs)}</b><span>jobs open in ${countOf(overview.running_operations, 'operation')}</span>
            </div>
            <div><b>${chunks('active_chunks')}</b><span>batches being worked on · ${chunks('queued_chunks')} waiting</span></div>
            <div><b>${count(overview.failed)}</b><span>failed repositories</span></div>
        </div>`;
}
