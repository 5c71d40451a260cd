/* The side of an operation: outcomes by kind, errors by text, the accounts, and the same by hand. */
import { html } from '../core/html.js';
import { count } from '../format/number.js';
import { Table } from '../parts/table.js';
import { Whole } from '../parts/tooltip.js';

const kindColumns = [
    { title: 'Kind', cell: (one) => html`<span class="mono">${one.kind}</span>` },
    { title: 'Succeeded', num: true, cell: (one) => count(one.succeeded) },
    { title: 'Failed', num: true, cell: (one) => html`<span class=${one.failed ? 'trouble' : ''}>${count(one.failed)}</span>` },
    { title: 'Skipped', num: true, cell: (one) => count(one.skipped) },
];

export function Kinds({ operation }) {
    const kinds = operation.outcomes ?? [];
    if (!kinds.length) return null;
    return html`<h2>By kind</h2><div class="panel"><${Table} label="Outcomes by kind" columns=${kindColumns} rows=${kinds} keyOf=${(one) => one.kind} /></div>`;
}

const errorColumns = [
    { title: 'Error', most: true, cell: (one) => html`<${Whole} text=${one.error} />` },
    { title: 'Jobs', num: true, cell: (one) => count(one.jobs) },
];

export function Errors({ operation }) {
    const errors = operation.errors ?? [];
    if (!errors.length) return null;
    return html`<h2>Errors</h2><div class="panel"><${Table} label="Errors by text" columns=${errorColumns} rows=${errors} keyOf=${(one) => one.error} /></div>`;
}

/* Total = outcomes + open + never done, at every instant: these are the database's counts. */
export function Ledger({ operation }) {
    const open = operation.total - operation.completed - (operation.cancelled_jobs ?? 0);
    const never = operation.cancelled_jobs ? ', ' + count(operation.cancelled_jobs) + ' never done' : '';
    const id = operation.operation_id;
    return html`
        <h2>Ledger</h2>
        <div class="panel pad">
            <p class="dim">${count(operation.completed)} outcomes, ${count(open)} open${never}, ${count(operation.total)} planned. The counts are the database's.</p>
            <h2>The same by hand</h2>
            <pre>${'producer progress ' + id + ' --watch\nproducer outcomes ' + id + ' --failed\nredis-cli HGETALL {reprise}:op:' + id}</pre>
        </div>`;
}
