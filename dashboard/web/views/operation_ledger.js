/* The errors of an operation by the form of their text, its accounts, and the command lines that do the same by hand. */
import { html } from '../core/html.js';
import { useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { count, countOf } from '../format/number.js';
import { Table } from '../parts/table.js';
import { Whole } from '../parts/tooltip.js';

/* One text alone is shown as it is; several by what they have in common, with an example. */
function Text({ one }) {
    if (one.texts === 1) return html`<${Whole} text=${one.error} />`;
    return html`<${Whole} text=${one.form} /><${Whole} text=${'such as: ' + one.error} look="clip dim small" />`;
}

const errorColumns = (id) => [
    { title: 'Error', most: true, cell: (one) => html`<${Text} one=${one} />` },
    {
        title: 'Jobs',
        num: true,
        cell: (one) => html`
            <a href=${linkTo(['operation', id], { outcome: 'failed', form: one.form })}
                aria-label=${countOf(one.jobs, 'job') + ' with this error'}>${count(one.jobs)}</a>`,
    },
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
    return html`<h2>Errors${load.data.capped ? ' of the first ' + count(load.data.examined) + ' failures' : ''}</h2>
        <div class="panel"><${Table} label="Errors by text" rows=${errors}
            columns=${errorColumns(operation.operation_id)} keyOf=${(one) => one.form} /></div>`;
}

/* Total = outcomes + open + never done, at every instant: these are the database's counts. */
export function Ledger({ operation }) {
    const open =
        count(operation.total - operation.completed) + (operation.state === 'cancelled' ? ' never done' : ' open');
    return html`
        <h2>Counts</h2>
        <div class="panel pad">
            <p class="dim">
            ${count(operation.completed)} outcomes, ${open}, ${count(operation.total)} planned. The counts are the database's.</p>
            <h2>The same by hand</h2>
            <pre>${operation.commands.join('\n')}</pre>
        </div>`;
}
