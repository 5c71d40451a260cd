/* Operations as rows, and the strip that shows one's progress on the page it was started from. */
import { html } from '../core/html.js';
import { askCancel } from '../actions/operations.js';
import { anyOf, useLoad } from '../core/load.js';
import { useOperation } from '../core/operation.js';
import { linkTo } from '../core/router.js';
import { forgetStarted, useStarted } from '../core/started.js';
import { count, countOf, rate } from '../format/number.js';
import { nameOfOperation, scopeOf } from '../format/operation.js';
import { duration } from '../format/time.js';
import { Bar, isEnded, percentDone } from './bar.js';
import { State } from './state.js';
import { Time } from './time.js';

const LIVE_MOST = 50;
const isProgress = anyOf('progress');

const hrefOf = (operation) => linkTo(['operation', operation.operation_id]);

/* Its state; one that has ended with failures says so. */
export function OperationState({ operation }) {
    const word = operation.state === 'completed' && operation.failed ? 'completed with failures' : operation.state;
    return html`<${State} word=${word} />`;
}

const timeLeft = ({ eta_s: left }) =>
    left === null || left === undefined || left === '' ? '' : duration(left * 1000) + ' left';

/* How far the job is of an operation that is one job: all that is known of it while it runs. */
const files = ({ total: jobs, files_done: done, files_total: all }) =>
    jobs === 1 && all ? count(done) + ' of ' + countOf(all, 'file') : '';

/* What is left to wait, or since when it is over. */
export function When({ operation }) {
    if (isEnded(operation)) return html`<${Time} at=${operation.finished_at} />`;
    if (operation.live_workers === 0) return html`<span class="trouble nowrap">no worker is alive</span>`;
    if (operation.state === 'paused') return null; // its state says so, and when it goes on is a person's to say
    return html`<span class="dim nowrap">${timeLeft(operation) || files(operation) || (operation.total ? 'not yet known' : 'planning')}</span>`;
}

export function Rate({ operation }) {
    return operation.state !== 'running' || operation.live_workers === 0 ? null : html`<span class="nowrap">${rate(operation.rate_per_s)}</span>`;
}

export const operationColumns = [
    {
        title: 'Operation',
        cell: (one) => html`
        <a class="name" href=${hrefOf(one)}>${nameOfOperation(one)}</a>
        <div class="dim small">${one.definition} · <${Time} at=${one.created_at} />
        ${one.requested_by ? ' by ' + one.requested_by : ''}${one.dry_run ? ' · dry run' : ''}</div>`,
    },
    { title: 'State', cell: (one) => html`<${OperationState} operation=${one} />` },
    { title: 'Progress', wide: true, cell: (one) => html`<${Bar} operation=${one} />` },
    {
        title: 'Done',
        num: true,
        label: '',
        cell: (one) =>
            html`<span title=${count(one.completed) + ' of ' + count(one.total)}>${percentDone(one)}\u00a0%</span>`,
    },
    { title: 'Jobs', num: true, cell: (one) => count(one.total) },
    {
        title: 'Failed',
        num: true,
        cell: (one) => html`<span class=${one.failed ? 'trouble' : 'dim'}>${count(one.failed)}</span>`,
    },
    { title: 'When', num: true, label: '', cell: (one) => html`<${When} operation=${one} />` },
];

/* The counts in words, under a bar. */
export function Counts({ operation }) {
    const parts = [
        count(operation.completed - operation.failed - (operation.skipped ?? 0)) + ' succeeded',
        count(operation.failed) + ' failed',
    ];
    if (operation.skipped) parts.push(count(operation.skipped) + ' skipped');
    if (operation.state === 'cancelled') parts.push(count(operation.total - operation.completed) + ' never done');
    if (operation.retrying) parts.push(count(operation.retrying) + ' trying again');
    return html`<span class="dim row">${parts.map((part) => html`<span>${part}</span>`)}</span>`;
}

/* What is under way for `scope`, whichever tab or person started it: its id, or undefined. */
function useLiveIn(scope) {
    const load = useLoad('/admin/api/operations', { state: 'live', limit: LIVE_MOST }, { on: isProgress, every: 3000 });
    return load.data?.operations.find((one) => scopeOf(one) === scope)?.operation_id;
}

/* Shows what was started in `scope`: from this tab, until it is closed, or elsewhere, while it is under way. */
export function OperationStrip({ scope }) {
    const mine = useStarted(scope);
    const others = useLiveIn(scope);
    const id = mine ?? others;
    const { data, error } = useOperation(id);
    if (!id || error?.status === 404) return null;
    if (!data || data.operation_id !== id) return html`<div class="panel pad strip" aria-busy="true">Starting…</div>`;
    const ended = isEnded(data);
    return html`
        <section class="panel pad strip" aria-label=${mine ? 'Started from this page' : 'Under way'}>
            <div class="row">
                <${OperationState} operation=${data} />
                <span class="grow"><a href=${hrefOf(data)}>${nameOfOperation(data)}</a>
                ${!mine && html` <span class="dim">begun <${Time} at=${data.created_at} /> by ${data.requested_by}</span>`}</span>
                <span><b>${count(data.completed)}</b> <span
                    class="dim">of ${count(data.total)} · ${percentDone(data)} %</span></span>
                <${Rate} operation=${data} /><${When} operation=${data} />
                ${
                    ended && mine
                        ? html`<button type="button" class="row-size" onClick=${() => forgetStarted(scope)}>Close</button>`
                        : !ended && html`<button type="button" class="row-size danger" onClick=${() => askCancel(data)}>Cancel</button>`
                }
            </div>
            <${Bar} operation=${data} />
            <div class="small counts"><${Counts} operation=${data} /></div>
        </section>`;
}
