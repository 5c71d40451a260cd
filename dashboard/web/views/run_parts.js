/* The parts of a run's view. Each is left out where the run has nothing of the kind. */
import { html } from '../core/html.js';
import { linkTo } from '../core/router.js';
import { count } from '../format/number.js';
import { duration } from '../format/time.js';
import { Money } from '../parts/money.js';
import { runLink } from '../parts/runs.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';

function Part({ title, columns, rows, keyOf }) {
    if (!rows.length) return null;
    return html`<h2>${title}</h2><div class="panel"><${Table} label=${title} columns=${columns} rows=${rows} keyOf=${keyOf} /></div>`;
}

/* A share of the whole as a thin bar, so that the largest is seen at once. */
function Share({ part, whole }) {
    return html`<div class="bar" aria-hidden="true"><i style=${{ width: (whole > 0 ? Math.min(100, (100 * part) / whole) : 0) + '%' }}></i></div>`;
}

export function Phases({ run }) {
    const costs = run.cost_breakdown?.by_phase ?? {};
    const seconds = run.phase_durations ?? {};
    const names = [...new Set([...Object.keys(seconds), ...Object.keys(costs)])];
    const whole = Object.values(costs).reduce((sum, cost) => sum + Number(cost), 0);
    const columns = [
        { title: 'Phase', cell: (name) => html`<span class="name">${name}</span>` },
        { title: 'Took', num: true, cell: (name) => (seconds[name] === undefined ? '—' : duration(seconds[name] * 1000)) },
        { title: 'Of the cost', wide: true, cell: (name) => html`<${Share} part=${Number(costs[name] ?? 0)} whole=${whole} />` },
        { title: 'Cost', num: true, cell: (name) => html`<${Money} value=${costs[name]} />` },
    ];
    return html`<${Part} title="Phases" columns=${columns} rows=${names} keyOf=${(name) => name} />`;
}

export function Models({ run }) {
    const models = Object.entries(run.cost_breakdown?.by_model ?? {}).map(([name, facts]) => ({ name, ...facts }));
    const columns = [
        { title: 'Model', cell: (one) => html`<span class="mono">${one.name}</span>` },
        { title: 'Input', num: true, cell: (one) => count(one.input_tokens) },
        { title: 'Output', num: true, cell: (one) => count(one.output_tokens) },
        { title: 'Cache read', num: true, cell: (one) => count(one.cache_read_tokens) },
        { title: 'Cost', num: true, cell: (one) => html`<${Money} value=${one.cost} />` },
    ];
    return html`<${Part} title="Models" columns=${columns} rows=${models} keyOf=${(one) => one.name} />`;
}

export function Similar({ run }) {
    const columns = [
        { title: 'Run', cell: (one) => html`<a class="mono" href=${runLink(one.adw_id ?? one.id)}>${one.adw_id ?? one.id}</a>` },
        { title: 'Likeness', num: true, cell: (one) => Math.round(100 * one.similarity_score) + '\u00a0%' },
    ];
    return html`<${Part} title="Similar runs" columns=${columns} rows=${run.similar_workflows ?? []} keyOf=${(one) => one.id} />`;
}

export function Audit({ run }) {
    const columns = [
        { title: 'When', cell: (one) => html`<${Time} at=${one.at} />` },
        { title: 'Before', num: true, cell: (one) => html`<${Money} value=${one.old_cost} />` },
        { title: 'After', num: true, cell: (one) => html`<${Money} value=${one.new_cost} />` },
        { title: 'Reason', cell: (one) => one.reason },
        { title: 'Operation', label: 'Operation', cell: (one) => one.operation_id && html`<a class="mono" href=${linkTo(['operation', one.operation_id])}>…${one.operation_id.slice(-6)}</a>` },
    ];
    return html`<${Part} title="Changes of its cost" columns=${columns} rows=${run.cost_audit ?? []} keyOf=${(one) => one.id} />`;
}

const SCORES = [['Clarity of the prompt', 'nl_input_clarity_score'], ['Cost efficiency', 'cost_efficiency_score'], ['Performance', 'performance_score'], ['Quality', 'quality_score']];

export function Scores({ run }) {
    const columns = [
        { title: 'Score', cell: ([label]) => label },
        { title: 'Bar', wide: true, cell: ([, key]) => run[key] !== null && html`<${Share} part=${run[key]} whole=${100} />` },
        { title: 'Of 100', num: true, cell: ([, key]) => (run[key] === null || run[key] === undefined ? html`<span class="dim" title="an input is unknown">unknown</span>` : Math.round(run[key])) },
    ];
    return html`<${Part} title="Scores" columns=${columns} rows=${SCORES} keyOf=${([, key]) => key} />`;
}

export function Findings({ run }) {
    const lines = [...(run.anomaly_flags ?? []).map((one) => one.message), ...(run.optimization_recommendations ?? [])];
    if (!lines.length) return null;
    return html`<h2>Worth knowing</h2><div class="panel pad"><ul class="findings">${lines.map((line) => html`<li>${line}</li>`)}</ul></div>`;
}
