/* What became of each job, by pages; those of a million are never asked for at once. */
import { html, useEffect, useRef } from '../core/html.js';
import { useLoad } from '../core/load.js';
import { setParams, useRoute } from '../core/router.js';
import { bytes, count, countOf } from '../format/number.js';
import { Select } from '../parts/filter.js';
import { jobHref } from '../parts/jobs.js';
import { Pager, usePage } from '../parts/pager.js';
import { Loaded } from '../parts/loaded.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Elapsed } from '../parts/time.js';
import { Whole } from '../parts/tooltip.js';

const which = [
    ['', 'any outcome'],
    ['failed', 'failed'],
    ['succeeded', 'succeeded'],
    ['skipped', 'skipped'],
];

function note(one) {
    if (one.error) return html`<${Whole} text=${one.error} />`;
    const result = one.result ?? {};
    const parts = [];
    if (result.files !== undefined) parts.push(countOf(result.files, 'file'));
    if (result.sent !== undefined) parts.push(count(result.sent) + ' sent');
    if (result.bytes) parts.push(bytes(result.bytes));
    if (result.message) parts.push(result.message);
    return html`<span class="dim small">${parts.join(' · ')}</span>`;
}

/* "App: owner/name": the repository first; the app below, where it is not the same for all. */
function Name({ subject, href }) {
    const [app, repository] = partsOf(subject);
    return html`<a class="name" href=${href}>${repository}</a>${app && html`<div class="dim small">${app}</div>`}`;
}

function partsOf(subject) {
    const at = subject.lastIndexOf(': ');
    return at < 0 ? ['', subject] : [subject.slice(0, at), subject.slice(at + 2)];
}

/* Of an operation for one app its name stands in the heading. */
function withoutApp(outcomes, operation) {
    if (!operation.args?.app_id) return outcomes;
    return outcomes.map((one) => ({ ...one, subject: one.subject && partsOf(one.subject)[1] }));
}

/* Of a job that was done in a batch the time is the batch's, and says so. */
function Took({ one }) {
    const time = html`<${Elapsed} from=${one.started_at} to=${one.finished_at} />`;
    return one.of_batch ? html`<span class="dim" title="the time of the batch that it was in">batch ${time}</span>` : time;
}

const columns = (operation) => [
    {
        title: 'Job',
        cell: (one) => html`
            <${Name} subject=${one.subject ?? one.key} href=${jobHref(operation.operation_id, one.seq)} />`,
    },
    { title: 'Outcome', cell: (one) => html`<${State} word=${one.outcome} />` },
    { title: 'Tries', num: true, cell: (one) => count(one.tries) },
    { title: 'Took', num: true, cell: (one) => html`<${Took} one=${one} />` },
    { title: 'Note', rest: true, cell: note },
];

function OfOneForm({ form }) {
    return html`
        <div class="row tight narrowed"><span class="dim">Only those with the error</span><span class="one-line">${form}</span>
        <button type="button" class="plain" onClick=${() => setParams({ form: '', page: '', cursor: '' })}>Show all</button></div>`;
}

export function Outcomes({ operation }) {
    const { params } = useRoute();
    const page = usePage(20);
    const top = useRef(null);
    useEffect(() => {
        if (params.form) top.current?.scrollIntoView({ block: 'start' }); // the link of an error leads to its jobs
    }, [params.form]);
    const path = '/admin/api/operations/' + encodeURIComponent(operation.operation_id) + '/outcomes';
    const load = useLoad(
        path,
        { ...page.params, outcome: params.outcome, form: params.form },
        { on: (event) => event.type === 'progress' && event.operation_id === operation.operation_id, every: 700 },
    );
    return html`
        <div class="title" ref=${top}><h2>Jobs that are done</h2><${Select} name="outcome" label=""
            value=${params.outcome} options=${which} /></div>
        ${params.form && html`<${OfOneForm} form=${params.form} />`}
        <${Loaded} load=${load}>${({ outcomes, next }) => html`
            <div class="panel">
                <${Table} label="Outcomes" columns=${columns(operation)} rows=${withoutApp(outcomes, operation)} keyOf=${(one) => one.seq}
                    empty=${operation.pruned_at ? 'The outcomes were removed; the counts stay.' : 'None yet.'} />
                <${Pager} page=${page} shown=${outcomes.length} next=${next} />
            </div>`}<//>`;
}
