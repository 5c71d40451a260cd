/* What was done over the last hours or days, as the server has counted it: by time, and by kind of job. */
import { html, useMemo } from '../core/html.js';
import { anyOf, useLoad } from '../core/load.js';
import { useRoute } from '../core/router.js';
import { count, countOf, percent, share } from '../format/number.js';
import { Chart } from '../parts/chart.js';
import { Select } from '../parts/filter.js';
import { Table } from '../parts/table.js';

const spans = [
    ['1', 'last hour'],
    ['6', '6 hours'],
    ['24', '24 hours'],
    ['168', '7 days'],
];

const plain = (value) => (value % 1 ? value.toFixed(1) : count(value));
const perMinute = (value) => (value < 10 && value % 1 ? value.toFixed(1) : count(Math.round(value))) + '/min';

const settled = { label: 'Settled', colour: 'accent', fill: true, text: perMinute, short: plain };
const failed = { label: 'Failed', colour: 'bad', text: perMinute };
const files = { label: 'Files sent', colour: 'warn', text: perMinute, short: plain, right: true };

/* Until a span is chosen the server takes one that shows something: a young or idle installation has no full day. */
export function useActivity() {
    const { params } = useRoute();
    const asked = params.hours ? { hours: params.hours } : {};
    return useLoad('/admin/api/activity', asked, { on: anyOf('progress'), every: 5000 });
}

const doneIn = (one) => one.succeeded + one.failed + one.skipped;

/* Columns for a chart, per minute; the last step is as long as it has lasted, but a minute at least. */
function columnsOf({ steps, step_s, as_of }) {
    const at = steps.map((step) => Math.floor(Date.parse(step.at) / 1000));
    const now = Math.floor(Date.parse(as_of) / 1000);
    const minutes = at.map((from) => Math.max(60, Math.min(step_s, now - from)) / 60);
    const rates = (value) => steps.map((step, i) => value(step) / minutes[i]);
    return [at, rates(doneIn), rates((step) => step.failed), rates((step) => step.files)];
}

export function ActivityChart({ activity }) {
    const { params } = useRoute();
    const hours = params.hours || String(activity?.hours ?? '');
    const data = useMemo(() => activity && columnsOf(activity), [activity]);
    const title = html`
        <div class="title"><h2>Settled jobs per minute</h2>
        <${Select} name="hours" label="" value=${hours} options=${spans} /></div>`;
    if (!data) return title;
    const sums = activity.kinds.reduce((sum, kind) => [sum[0] + doneIn(kind), sum[1] + kind.failed], [0, 0]);
    const sent = activity.files > 0;
    const label =
        countOf(sums[0], 'job') + ' settled over ' + countOf(activity.hours, 'hour') + ', ' + count(sums[1]) + ' of them failed';
    return html`${title}
        <${Chart} key=${sent} data=${sums[0] || sent ? (sent ? data : data.slice(0, 3)) : [[]]} label=${label}
            series=${sent ? [settled, failed, files] : [settled, failed]} empty="Nothing was done in this time." />`;
}

const columns = [
    { title: 'Kind of job', cell: (one) => html`<span class="name">${one.kind}</span>` },
    { title: 'Succeeded', num: true, cell: (one) => count(one.succeeded) },
    {
        title: 'Failed',
        num: true,
        cell: (one) => html`<span class=${one.failed ? 'trouble' : ''}>${count(one.failed)}</span>`,
    },
    { title: 'Skipped', num: true, cell: (one) => count(one.skipped) },
    {
        title: 'Without failure',
        num: true,
        cell: (one) => percent(share(doneIn(one) - one.failed, doneIn(one)), 2),
    },
];

export function Kinds({ activity }) {
    if (!activity?.kinds.length) return null;
    const over = spans.find(([hours]) => hours === String(activity.hours))[1];
    return html`
        <h2>Outcomes by kind of job, ${over}</h2>
        <div class="panel"><${Table} label="Outcomes by kind of job" columns=${columns} rows=${activity.kinds}
            keyOf=${(one) => one.kind} /></div>`;
}
