/* One job: its state, its tries, how far it is, and all that is stored of it. */
import { html } from '../core/html.js';
import { useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { nameOfOperation } from '../format/operation.js';
import { count, countOf } from '../format/number.js';
import { Heading } from '../parts/heading.js';
import { FilesBar } from '../parts/jobs.js';
import { Loaded } from '../parts/loaded.js';
import { State } from '../parts/state.js';
import { Elapsed, Time } from '../parts/time.js';

const POLL_MS = 2000;
const SETTLED = ['succeeded', 'failed', 'skipped', 'never done'];

export function Job({ path }) {
    const [, id, , seq] = path;
    const place = '/admin/api/operations/' + encodeURIComponent(id) + '/jobs/' + encodeURIComponent(seq);
    const isOf = (event) => event.type === 'progress' && event.operation_id === id;
    const load = useLoad(place, {}, { on: isOf, poll: POLL_MS });
    return html`<${Loaded} load=${load}>${(job) => html`<${Shown} job=${job} />`}<//>`;
}

const operationOf = (job) => ({ definition: job.definition, subject: job.operation_subject });

function Shown({ job }) {
    const way = [{ href: linkTo(['operation', job.operation_id]), text: nameOfOperation(operationOf(job)) }];
    return html`
        <${Heading} title=${job.subject} above=${way} below=${html`<span class="mono">${job.job_id}</span>`} />
        <section class="panel pad" aria-label="State">
            <div class="row"><${State} word=${job.state} /><${FilesBar} job=${job} /></div>
            ${job.error && html`<p class="trouble error-text">${job.error}</p>`}
        </section>
        <div class="halves">
            <div><h2>Facts</h2><div class="panel pad"><${Facts} job=${job} /></div></div>
            <div>
                <${Stored} title="Result" value=${job.result} />
                <${Stored} title="Checkpoint" value=${job.checkpoint} />
            </div>
        </div>`;
}

function facts(job) {
    const all = [
        ['Operation', html`<a href=${linkTo(['operation', job.operation_id])}>${nameOfOperation(operationOf(job))}</a>`],
        ['Phase', job.phase + '. ' + job.phase_label],
        ['Kind', html`<span class="mono">${job.kind}</span>`],
        ['Key', html`<span class="mono">${job.key}</span>`],
        ['Tries', tries(job)],
        ['Worker', job.worker && html`<span class="mono">${job.worker}</span>`],
        ['Planned', job.planned_at && html`<${Time} at=${job.planned_at} />`],
        ['Next try', job.run_at && !SETTLED.includes(job.state) && html`<${Time} at=${job.run_at} />`],
        [job.of_batch ? 'Its batch began' : 'Began', job.started_at && html`<${Time} at=${job.started_at} />`],
        ['Ended', job.finished_at && html`<${Time} at=${job.finished_at} />`],
        [
            job.of_batch ? 'Its batch took' : 'Took',
            job.started_at && html`<${Elapsed} from=${job.started_at} to=${job.finished_at} />`,
        ],
    ];
    return all.filter(([, value]) => value);
}

function tries({ tries: made, failures }) {
    return count(made) + (failures ? ', ' + countOf(failures, 'failure') : '');
}

function Facts({ job }) {
    return html`<dl class="facts">${facts(job).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/* What the database has of it, as it stands there. */
function Stored({ title, value }) {
    if (value === null || value === undefined) return null;
    return html`<h2>${title}</h2><div class="panel pad"><pre>${JSON.stringify(value, null, 2)}</pre></div>`;
}
