/* Cost and duration over time. */
import { html, useMemo } from '../core/html.js';
import { anyOf, useLoad } from '../core/load.js';
import { Select } from '../parts/filter.js';
import { Chart } from '../parts/chart.js';
import { count, countOf } from '../format/number.js';
import { dollars } from '../format/money.js';
import { seconds } from '../format/time.js';

const spans = [
    ['7', '7 days'],
    ['', '30 days'],
    ['90', '90 days'],
    ['365', 'a year'],
];
const groupOf = (days) => (days > 120 ? 'week' : 'day');

const costSeries = [
    { label: 'Cost', colour: 'accent', bars: true, text: dollars },
    { label: 'Runs', colour: 'warn', text: count, right: true },
];
const durationSeries = [
    {
        label: 'Average duration',
        colour: 'accent',
        fill: true,
        text: seconds,
        steps: [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200],
    },
];

/* Of what is known; null where it is known of none. */
function sumOf(rows, key) {
    const known = rows.map((row) => row[key]).filter((value) => value !== null && value !== undefined);
    return known.length ? known.reduce((sum, value) => sum + Number(value), 0) : null;
}

function columnsOf(trends) {
    const number = (value) => (value === null || value === undefined ? null : Number(value));
    const at = trends.map((one) => Math.floor(Date.parse(one.period) / 1000));
    return {
        cost: [at, trends.map((one) => number(one.total_cost)), trends.map((one) => number(one.workflows))],
        duration: [at, trends.map((one) => number(one.average_duration_seconds))],
        sum: sumOf(trends, 'total_cost'),
        runs: sumOf(trends, 'workflows'),
        known: sumOf(trends, 'workflows_with_cost'),
    };
}

const ofRuns = (known, all) => (known === all ? countOf(all, 'run') : count(known) + ' of ' + countOf(all, 'run'));

/* The sums know these filters; texts and dates are of the list alone. */
function ofAll({ search, from, to }) {
    const rest = [search && 'texts', (from || to) && 'dates'].filter(Boolean).join(' and ');
    return rest && html`<p class="dim small">The charts are of all ${rest}: only status, model and template narrow them.</p>`;
}

export function HistoryCharts({ params }) {
    const { days = '30', status, model, template } = params;
    const { data } = useLoad(
        '/api/workflow-history/trends',
        { days, group_by: groupOf(Number(days)), status, model, template },
        { on: anyOf('progress'), every: 5000 },
    );
    const drawn = useMemo(() => data && columnsOf(data.trends), [data]);
    if (!drawn) return null;
    const over = ' per ' + groupOf(Number(days)) + ', over ' + days + ' days';
    return html`
        ${ofAll(params)}
        <div class="halves">
            <div>
                <div class="title"><h2>Cost per ${groupOf(Number(days))}</h2>
                <${Select} name="days" label="" value=${days === '30' ? '' : days} options=${spans} /></div>
                <${Chart} data=${drawn.cost} series=${costSeries}
                    label=${'Cost' + over + ': ' + dollars(drawn.sum) + ' for ' + ofRuns(drawn.known, drawn.runs)}
                    empty="No runs in this time." />
            </div>
            <div>
                <div class="title"><h2>Average duration per ${groupOf(Number(days))}</h2></div>
                <${Chart} data=${drawn.duration} series=${durationSeries} label=${'Average duration' + over}
                    empty="No runs in this time." />
            </div>
        </div>`;
}
