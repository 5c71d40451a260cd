/* The parts of a run's view. Each is left out where the run has nothing of the kind. */
import { html } from '../core/html.js';
import { linkTo } from '../core/router.js';
import { dollars } from '../format/money.js';
import { count, percent } from '../format/number.js';
import { seconds } from '../format/time.js';
import { Money } from '../parts/money.js';
import { runLink } from '../parts/runs.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';

function Part({ title, columns, rows, keyOf }) {
    if (!rows.length) return null;
    return html`<h2>${title}</h2><div class="panel"><${Table} label=${title} columns=${columns} rows=${rows}
        keyOf=${keyOf} /></div>`;
}

const isKnown = (value) => value !== null && value !== undefined;

/* A share of the whole as a thin bar, so that the largest is seen at once; none where it is not known. */
function Share({ part, whole }) {
    if (!isKnown(part)) return null;
    return html`<div class="bar" aria-hidden="true"><i
        style=${{ width: (whole > 0 ? Math.min(100, (100 * part) / whole) : 0) + '%' }}></i></div>`;
}

export function Phases({ run }) {
    const rows = run.phases ?? [];
    const whole = rows.filter((one) => isKnown(one.cost)).reduce((sum, one) => sum + one.cost, 0);
    const columns = [
        { title: 'Phase', cell: (one) => html`<span class="name">${one.phase}</span>` },
        { title: 'Took', num: true, cell: (one) => seconds(one.duration_seconds) },
        { title: 'Of the cost', wide: true, cell: (one) => html`<${Share} part=${one.cost} whole=${whole} />` },
        { title: 'Cost', num: true, cell: (one) => html`<${Money} value=${one.cost} />` },
    ];
    return html`<${Part} title="Phases" columns=${columns} rows=${rows} keyOf=${(one) => one.phase} />`;
}

export function Models({ run }) {
    const columns = [
        { title: 'Model', cell: (one) => html`<span class="mono">${one.model}</span>` },
        { title: 'Input', num: true, cell: (one) => count(one.input_tokens) },
        { title: 'Output', num: true, cell: (one) => count(one.output_tokens) },
        { title: 'Cache read', num: true, cell: (one) => count(one.cache_read_tokens) },
        { title: 'Cost', num: true, cell: (one) => html`<${Money} value=${one.cost} />` },
    ];
    return html`<${Part} title="Models" columns=${columns} rows=${run.models ?? []} keyOf=${(one) => one.model} />`;
}

export function Similar({ run }) {
    const columns = [
        {
            title: 'Run',
            most: true,
            cell: (one) =>
                html`<a class="mono" href=${runLink(one.id)}>${one.id}</a><div class="prompt dim small">${one.nl_input}
                    </div>`,
        },
        { title: 'Status', cell: (one) => html`<${State} word=${one.status} />` },
        { title: 'Took', num: true, cell: (one) => seconds(one.duration_seconds) },
        { title: 'Cost', num: true, cell: (one) => html`<${Money} value=${one.actual_cost_total} />` },
        { title: 'Likeness', num: true, cell: (one) => percent(isKnown(one.similarity_score) ? 100 * one.similarity_score : null) },
    ];
    return html`<${Part} title="Similar runs" columns=${columns} rows=${run.similar_runs ?? []}
        keyOf=${(one) => one.id} />`;
}

export function Audit({ run }) {
    const columns = [
        { title: 'When', cell: (one) => html`<${Time} at=${one.at} />` },
        { title: 'Before', num: true, cell: (one) => html`<${Money} value=${one.old_cost} />` },
        { title: 'After', num: true, cell: (one) => html`<${Money} value=${one.new_cost} />` },
        { title: 'Reason', cell: (one) => one.reason },
        {
            title: 'Operation',
            label: 'Operation',
            cell: (one) =>
                one.operation_id &&
                html`<a class="mono" href=${linkTo(['operation', one.operation_id])}>…${one.operation_id.slice(-6)}
                    </a>`,
        },
    ];
    return html`<${Part} title="Changes of its cost" columns=${columns} rows=${run.audit_trail ?? []}
        keyOf=${(one) => one.at + one.operation_id} />`;
}

const SCORES = [
    ['Clarity of the prompt', 'nl_input_clarity_score'],
    ['Cost efficiency', 'cost_efficiency_score'],
    ['Performance', 'performance_score'],
    ['Quality', 'quality_score'],
];

export function Scores({ run }) {
    const columns = [
        { title: 'Score', cell: ([label]) => label },
        {
            title: 'Bar',
            wide: true,
            cell: ([, key]) => html`<${Share} part=${run[key]} whole=${100} />`,
        },
        {
            title: 'Of 100',
            num: true,
            cell: ([, key]) =>
                isKnown(run[key])
                    ? Math.round(run[key])
                    : html`<span class="dim" title="an input is unknown">unknown</span>`,
        },
    ];
    return html`<${Part} title="Scores" columns=${columns} rows=${SCORES} keyOf=${([, key]) => key} />`;
}

const ROUNDING = 1e-6; // less comes from rounding

/* What the parts of the cost add up to, where that is not the cost. */
function unequal(run) {
    const parts = [
        ['phases', run.cost_of_phases],
        ['models', run.cost_of_models],
    ];
    return parts
        .filter(([, sum]) => isKnown(sum) && Math.abs(sum - (run.actual_cost_total ?? 0)) > ROUNDING)
        .map(([name, sum]) => 'Cost: its ' + name + ' add up to ' + dollars(sum) + ', its cost is ' + dollars(run.actual_cost_total));
}

/* The advice was written without regard to how the run ended: of one without any it says that all is well. */
function findings(run) {
    const wrong = unequal(run);
    if (run.status === 'failed') wrong.unshift('Failed' + (run.error_category ? ': ' + run.error_category : ''));
    const advice = (run.optimization_recommendations ?? []).filter((line) => !wrong.length || !line.startsWith('All is well'));
    return [...wrong, ...(run.anomaly_flags ?? []).map((one) => one.message), ...advice];
}

export function Findings({ run }) {
    const lines = findings(run);
    if (!lines.length) return null;
    return html`<h2>Worth knowing</h2><div class="panel pad"><ul class="findings">
        ${lines.map((line) => html`<li>${line}</li>`)}</ul></div>`;
}
