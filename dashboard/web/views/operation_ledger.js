/* The side of an operation: errors by text, the accounts, and the same by hand. */
import { html } from '../core/html.js';
import { useLoad } from '../core/load.js';
import { count } from '../format/number.js';
import { Table } from '../parts/table.js';
import { Whole } from '../parts/tooltip.js';

const errorColumns = [
    { title: 'Error', most: true, cell: (one) => html`<${Whole} text=${one.error} />` },
    { title: 'Jobs', num: true, cell: (one) => count(one.jobs) },
];

export function Errors({ operation }) {
    const id = encodeURIComponent(operation.operation_id);
    const load = useLoad(
        operation.failed ? '/admin/api/operations/' + id + '/errors' : null,
        {},
        { on: (event) => event.type === 'progress' && event.operation_id === operation.operation_id, every: 3000 },
    );
    const errors = load.data?.errors ?? [];
    if (!errors.length) return null;
    return html`<h2>Errors</h2><div class="panel"><${Table} label="Errors by text" columns=${errorColumns}
        rows=${errors} keyOf=${(one) => one.error} /></div>`;
}

const argumentsOf = (operation) =>
    Object.entries(operation.args ?? {})
        .map(([name, value]) => ' ' + name + '=' + value)
        .join('');

const byHand = (operation) => [
    'producer run ' + operation.definition + argumentsOf(operation),
    'producer progress ' + operation.operation_id + ' --watch',
    'producer outcomes ' + operation.operation_id + ' --failed',
    'redis-cli HGETALL {reprise}:op:' + operation.operation_id,
];

/* Total = outcomes + open + never done, at every instant: these are the database's counts. */
export function Ledger({ operation }) {
    const open =
        count(operation.total - operation.completed) + (operation.state === 'cancelled' ? ' never done' : ' open');
    return html`
        <h2>Ledger</h2>
        <div class="panel pad">
            <p class="dim">
            ${count(operation.completed)} outcomes, ${open}, ${count(operation.total)} planned. The counts are the database's.</p>
            <h2>The same by hand</h2>
            <pre>${byHand(operation).join('\n')}</pre>
        </div>`;
}
