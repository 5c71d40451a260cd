/* One operation: how far it is, what became of its jobs, and what can be done with it. */
import { html } from '../core/html.js';
import { askCancel, askRetryOperation, pauseOperation, resumeOperation } from '../actions/operations.js';
import { useOperation } from '../core/operation.js';
import { linkTo } from '../core/router.js';
import { nameOfOperation } from '../format/operation.js';
import { count } from '../format/number.js';
import { Bar, isEnded, percentDone } from '../parts/bar.js';
import { ActionButton } from '../parts/button.js';
import { Heading } from '../parts/heading.js';
import { OpenJobs } from '../parts/jobs.js';
import { Loaded } from '../parts/loaded.js';
import { Counts, OperationState, OperationStrip, Rate, When } from '../parts/operations.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Elapsed, Time } from '../parts/time.js';
import { Errors, Ledger } from './operation_ledger.js';
import { Outcomes } from './operation_outcomes.js';

const way = [{ href: linkTo(['operations']), text: 'Operations' }];

export function Operation({ path }) {
    const load = useOperation(path[1]);
    return html`<${Loaded} load=${load}>
        ${(operation) => html`<${Shown} operation=${operation} reload=${load.reload} />`}<//>`;
}

function about(operation) {
    const by = operation.requested_by ? ' · by ' + operation.requested_by : '';
    return html`<span class="mono">${operation.operation_id}</span> · ${operation.definition}
        ${operation.digest ? ', version ' + operation.digest.slice(0, 8) : ''}
        ${by} · started <${Time} at=${operation.created_at} />`;
}

function Shown({ operation, reload }) {
    return html`
        <${Heading} title=${nameOfOperation(operation)} above=${way} below=${about(operation)}>
            <${Verbs} operation=${operation} reload=${reload} />
        <//>
        <${OperationStrip} scope=${'operation ' + operation.operation_id} />
        <${Progress} operation=${operation} />
        ${operation.error && html`<p class="trouble" role="alert">${operation.error}</p>`}
        <${OpenJobs} operation=${operation} />
        <${Errors} operation=${operation} />
        <${Phases} operation=${operation} />
        <div class="two">
            <div><${Outcomes} operation=${operation} /></div>
            <div><${Ledger} operation=${operation} /></div>
        </div>`;
}

function Verbs({ operation, reload }) {
    const name = 'operation ' + operation.operation_id;
    const then = (verb) => async () => {
        await verb(operation);
        reload();
    };
    if (isEnded(operation))
        return (
            operation.failed > 0 &&
            html`<button type="button"
                onClick=${() => askRetryOperation(operation)}>Retry what failed (${count(operation.failed)})…</button>`
        );
    return html`
        ${
            operation.state === 'paused'
                ? html`<${ActionButton} name=${name} act=${then(resumeOperation)}>Resume<//>`
                : html`<${ActionButton} name=${name} act=${then(pauseOperation)}>Pause<//>`
        }
        <button type="button" class="danger" onClick=${() => askCancel(operation, reload)}>Cancel…</button>`;
}

const took = ({ created_at: from, finished_at: to }) =>
    html`<span class="dim">took <${Elapsed} from=${from} to=${to} /></span>`;

function Progress({ operation }) {
    return html`
        <section class="panel pad progress" aria-label="Progress">
            <div class="row">
                <${OperationState} operation=${operation} />
                <span class="grow dim">${operation.dry_run ? 'dry run: nothing is written' : ''}</span>
                <span><b>${count(operation.completed)}</b> <span
                    class="dim">of ${count(operation.total)} jobs · ${percentDone(operation)} %</span></span>
                <${Rate} operation=${operation} />
                ${isEnded(operation) ? took(operation) : html`<${When} operation=${operation} />`}
            </div>
            <${Bar} operation=${operation} big=${true} />
            <div class="small counts"><${Counts} operation=${operation} /></div>
        </section>`;
}

const phaseColumns = [
    { title: 'Phase', cell: (phase) => html`<span class="name">${phase.number}. ${phase.label}</span>` },
    { title: 'State', cell: (phase) => html`<${State} word=${phase.state} />` },
    { title: 'Job', cell: (phase) => html`<span class="mono dim">${phase.job}</span>` },
    { title: 'Over', cell: (phase) => html`<span class="mono dim">${phase.over}</span>` },
];

const PHASE_WORDS = { done: 'completed', ended: 'completed', waiting: 'planned' };

function Phases({ operation }) {
    const phases = Array.isArray(operation.phases) ? operation.phases : (operation.phase_list ?? []);
    const rows = phases.map((phase, index) => ({
        ...phase,
        number: index + 1,
        state: phase.state === 'current' ? operation.state : (PHASE_WORDS[phase.state] ?? phase.state),
    }));
    return html`<h2>Phases</h2><div class="panel"><${Table} label="Phases" columns=${phaseColumns} rows=${rows}
        keyOf=${(phase) => phase.id} empty="None." /></div>`;
}
