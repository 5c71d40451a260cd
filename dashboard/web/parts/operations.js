/* Operations as rows, and the strip that shows one's progress on the page it was started from. */
import { html } from '../core/html.js';
import { askCancel } from '../actions/operations.js';
import { useOperation } from '../core/operation.js';
import { linkTo } from '../core/router.js';
import { forgetStarted, useStarted } from '../core/started.js';
import { count, rate } from '../format/number.js';
import { nameOfOperation } from '../format/operation.js';
import { duration } from '../format/time.js';
import { Bar, isEnded, percentDone } from './bar.js';
import { State } from './state.js';
import { Time } from './time.js';

const hrefOf = (operation) => linkTo(['operation', operation.operation_id]);

/* Its state; one that has ended with failures says so. */
export function OperationState({ operation }) {
    const word = operation.state === 'completed' && operation.failed ? 'completed with failures' : operation.state;
    return html`<${State} word=${word} />`;
}

/* What is left to wait, or since when it is over. */
export function When({ operation }) {
    if (isEnded(operation)) return html`<${Time} at=${operation.finished_at} />`;
    if (operation.state === 'paused') return null; // its state says so, and when it goes on is a person's to say
    const left =
        operation.eta_s === null || operation.eta_s === undefined || operation.eta_s === ''
            ? ''
            : duration(operation.eta_s * 1000) + ' left';
    return html`<span class="dim nowrap">${left || (operation.total ? 'not yet known' : 'planning')}</span>`;
}

export function Rate({ operation }) {
    return operation.state !== 'running' ? null : html`<span class="nowrap">${rate(operation.rate_per_s)}</span>`;
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

/* Shows what was started in `scope`, until it is closed. */
export function OperationStrip({ scope }) {
    const id = useStarted(scope);
    const { data, error } = useOperation(id);
    if (!id || error?.status === 404) return null;
    if (!data || data.operation_id !== id) return html`<div class="panel pad strip" aria-busy="true">Starting…</div>`;
    const ended = isEnded(data);
    return html`
        <section class="panel pad strip" aria-label="Started from this page">
            <div class="row">
                <${OperationState} operation=${data} />
                <a class="grow" href=${hrefOf(data)}>${nameOfOperation(data)}</a>
                <span><b>${count(data.completed)}</b> <span
                    class="dim">of ${count(data.total)} · ${percentDone(data)} %</span></span>
                <${Rate} operation=${data} /><${When} operation=${data} />
                ${
                    ended
                        ? html`<button type="button" class="row-size" onClick=${() => forgetStarted(scope)}>Close</button>`
                        : html`<button type="button" class="row-size danger" onClick=${() => askCancel(data)}>Cancel</button>`
                }
            </div>
            <${Bar} operation=${data} />
            <div class="small counts"><${Counts} operation=${data} /></div>
        </section>`;
}
