/* Jobs that are under way: how far one is, and the list of an operation's. */
import { html } from '../core/html.js';
import { useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { count, countOf, share } from '../format/number.js';
import { State } from './state.js';
import { Table } from './table.js';
import { Time } from './time.js';
import { Whole } from './tooltip.js';

const POLL_MS = 2000;
const AT_MOST = 20;

export const jobHref = (operationId, seq) => linkTo(['operation', operationId, 'job', seq]);

/* `done` of `total` files, as the job's checkpoint knows them; nothing where it has none. */
export function FilesBar({ job }) {
    if (!job.total) return null;
    const percent = Math.floor(share(job.done, job.total));
    const text = count(job.done) + ' of ' + countOf(job.total, 'file');
    return html`
        <span class="files">
            <span class="bar" role="progressbar" aria-label=${'Files of ' + job.subject} aria-valuemin="0"
                aria-valuemax="100" aria-valuenow=${percent} aria-valuetext=${text}>
                <i class="done" style=${{ width: percent + '%' }}></i></span>
            <span class="dim small nowrap">${text}</span>
        </span>`;
}

const columns = (operation) => [
    {
        title: 'Job',
        cell: (job) => html`<a class="name" href=${jobHref(operation.operation_id, job.seq)}>${job.subject}</a>`,
    },
    { title: 'State', cell: (job) => html`<${State} word=${job.state} />` },
    { title: 'How far', wide: true, cell: (job) => html`<${FilesBar} job=${job} />` },
    { title: 'Failures', num: true, cell: (job) => (job.failures ? count(job.failures) : '') },
    { title: 'Last error', rest: true, cell: (job) => html`<${Whole} text=${job.error} />` },
    {
        title: 'Next try',
        label: 'Next try',
        cell: (job) => (job.state === 'trying again' ? html`<${Time} at=${job.run_at} />` : ''),
    },
];

/* What is being done of a live operation, and what is tried again, with the reason. */
export function OpenJobs({ operation }) {
    const live = operation.state === 'running' || operation.state === 'paused';
    const path = '/admin/api/operations/' + encodeURIComponent(operation.operation_id) + '/jobs';
    const isOf = (event) => event.type === 'progress' && event.operation_id === operation.operation_id;
    const load = useLoad(live ? path : null, { limit: AT_MOST }, { on: isOf, poll: live ? POLL_MS : null });
    const jobs = live ? (load.data?.jobs ?? []) : [];
    if (!jobs.length) return null;
    return html`
        <h2>Under way and trying again${jobs.length === AT_MOST ? ' (the first ' + AT_MOST + ')' : ''}</h2>
        <div class="panel"><${Table} label="Under way" columns=${columns(operation)} rows=${jobs}
            keyOf=${(job) => job.seq} /></div>`;
}
