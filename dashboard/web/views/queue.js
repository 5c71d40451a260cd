/* What Redis holds at this moment: queues, workers, chunks in hand, what waits for its time, what was refused. */
import { html } from '../core/html.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { count } from '../format/number.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { Whole } from '../parts/tooltip.js';
import { shownWorkers, workerColumns } from '../parts/workers.js';

const operationLink = (id) => id && html`<a class="mono" href=${linkTo(['operation', id])}>${id}</a>`;

const queueColumns = [
    { title: 'Queue', cell: (one) => html`<span class="name">${one.queue}</span>` },
    { title: 'Batches waiting', num: true, cell: (one) => count(one.queued_chunks) },
    { title: 'Operations', num: true, cell: (one) => count(one.operations) },
    { title: 'Jobs open', num: true, cell: (one) => count(one.open_jobs) },
    { title: 'Worked on', num: true, cell: (one) => count(one.active_chunks) },
    {
        title: 'Waiting to try again',
        num: true,
        cell: (one) =>
            html`<span title="operations with jobs that are tried again later">${count(one.delayed_operations)}
                </span>`,
    },
    {
        title: 'Crashed',
        num: true,
        cell: (one) =>
            html`<span title="batches whose process crashed: they are run again alone">${count(one.suspect_chunks)}</span>`,
    },
];

const range = ({ from, to }) => (from === to ? count(from) : count(from) + ' to ' + count(to));

/* An entry that is no chunk is shown as it stands. */
const jobsOf = ({ chunk }) =>
    chunk?.due
        ? 'due retries'
        : chunk?.from === undefined
          ? html`<${Whole} text=${JSON.stringify(chunk)} look="clip mono" />`
          : range(chunk);

const chunkColumns = [
    { title: 'Operation', cell: (one) => operationLink(one.chunk?.op) },
    { title: 'Jobs', label: 'Jobs', cell: jobsOf },
    { title: 'Queue', label: 'Queue', cell: (one) => one.queue },
    {
        title: 'Worker',
        label: 'Worker',
        cell: (one) => html`<span class="mono dim">${one.worker ?? one.chunk?.by}</span>`,
    },
];
const chunkKey = (one) => JSON.stringify(one);

const delayedColumns = [
    { title: 'Operation', cell: (one) => operationLink(one.operation_id) },
    { title: 'Queue', label: 'Queue', cell: (one) => one.queue },
    { title: 'Earliest', label: 'Earliest', cell: (one) => html`<${Time} at=${one.due_at} />` },
];

const rejectedColumns = [
    { title: 'When', cell: (one) => html`<${Time} at=${one.at} />` },
    { title: 'Reason', rest: true, cell: (one) => html`<${Whole} text=${one.reason} />` },
    { title: 'Request', rest: true, cell: (one) => html`<${Whole} text=${one.request} look="clip mono" />` },
];

function Part({ title, columns, rows, keyOf, empty }) {
    return html`<h2>${title}</h2><div class="panel"><${Table} label=${title} columns=${columns} rows=${rows}
        keyOf=${keyOf} empty=${empty} /></div>`;
}

export function Queue() {
    const load = useLoad('/admin/api/queue', {}, { on: anyOf('progress', 'worker'), every: 1000 });
    return html`
        <${Heading} title="Queue" below="What Redis holds at this moment. All of it can be rebuilt from PostgreSQL." />
        <${Loaded} load=${load}>${(queue) => html`
            <div class="panel"><${Table} label="Queues" columns=${queueColumns} rows=${queue.queues}
                keyOf=${(one) => one.queue} /></div>
            <${Part} title="Workers" columns=${workerColumns} rows=${shownWorkers(queue.workers)} keyOf=${(one) => one.worker}
                empty="No worker is alive: what is asked for waits." />
            <${Part} title="Being worked on" columns=${chunkColumns} rows=${queue.chunks} keyOf=${chunkKey}
                empty="None." />
            <${Part} title="Crashed: run again alone, one job at a time" columns=${chunkColumns}
                rows=${queue.suspects} keyOf=${chunkKey} empty="None." />
            <${Part} title="Waiting to try again" columns=${delayedColumns} rows=${queue.delayed}
                keyOf=${(one) => one.queue + one.operation_id} empty="No retry waits." />
            <${Part} title="Refused requests" columns=${rejectedColumns} rows=${queue.rejected} keyOf=${chunkKey}
                empty="None." />`}<//>`;
}
