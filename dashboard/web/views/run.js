/* One run: its figures, phases, models, scores, runs like it, and every change of its cost. */
import { html } from '../core/html.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { count, percent } from '../format/number.js';
import { seconds } from '../format/time.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { Money } from '../parts/money.js';
import { CostButton } from '../parts/runs.js';
import { State } from '../parts/state.js';
import { Time } from '../parts/time.js';
import { Audit, Findings, Models, Phases, Scores, Similar } from './run_parts.js';

const way = [{ href: linkTo(['history']), text: 'History' }];

export function Run({ path }) {
    const load = useLoad(
        '/api/workflow-history/' + encodeURIComponent(path[1]),
        {},
        { on: anyOf('progress'), every: 3000 },
    );
    return html`<${Loaded} load=${load}>${(run) => html`<${Shown} run=${run} reload=${load.reload} />`}<//>`;
}

function Shown({ run }) {
    return html`
        <${Heading} title=${'Run ' + run.adw_id} above=${way}
            below=${html`<${State} word=${run.status} /> · started <${Time} at=${run.start_time ?? run.created_at} />`}>
            <${CostButton} run=${run} force=${true} /><${CostButton} run=${run} />
        <//>
        <${Figures} run=${run} />
        ${run.error_message && html`<h2>Error</h2><div class="panel pad"><pre class="trouble">${run.error_message}</pre></div>`}
        <div class="two">
            <div>
                ${run.nl_input && html`<h2>Prompt</h2><div class="panel pad"><pre>${run.nl_input}</pre></div>`}
                <${Phases} run=${run} /><${Models} run=${run} /><${Similar} run=${run} /><${Audit} run=${run} />
            </div>
            <div><${Scores} run=${run} /><${Findings} run=${run} /><${Facts} run=${run} /></div>
        </div>`;
}

function Figures({ run }) {
    return html`
        <div class="panel stats">
            <div><b><${Money} value=${run.actual_cost_total} /></b>
            <span>cost · estimated <${Money} value=${run.estimated_cost_total} /></span></div>
            <div><b>${seconds(run.duration_seconds)}</b><span>took</span></div>
            <div><b>${count(run.total_tokens)}</b><span>tokens · ${count(run.output_tokens)} written</span></div>
            <div><b>${percent(run.cache_efficiency_percent)}</b><span>of the input from the cache</span></div>
            <div><b>${count(run.retry_count)}</b><span>retries</span></div>
        </div>`;
}

const FACTS = [
    ['Template', 'workflow_template'],
    ['Model', 'model_used'],
    ['Issue', 'issue_number'],
    ['Class', 'issue_class'],
    ['Branch', 'branch_name'],
    ['Plan', 'plan_file'],
    ['Worktree', 'worktree_path'],
    ['Complexity', 'complexity_actual'],
    ['Bottleneck', 'bottleneck_phase'],
    ['Error kind', 'error_category'],
];

function Facts({ run }) {
    const known = FACTS.filter(([, key]) => run[key] !== null && run[key] !== undefined && run[key] !== '');
    return html`
        <h2>Facts</h2>
        <div class="panel pad"><dl class="facts">
            ${known.map(([label, key]) => html`<dt>${label}</dt><dd>${run[key]}</dd>`)}
            <dt>By hand</dt><dd class="mono">producer workflow ${run.adw_id}</dd>
        </dl></div>`;
}
