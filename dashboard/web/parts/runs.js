/* Runs of workflows as rows. */
import { html } from '../core/html.js';
import { resyncCost } from '../actions/history.js';
import { linkTo } from '../core/router.js';
import { count, percent } from '../format/number.js';
import { seconds } from '../format/time.js';
import { ActionButton } from './button.js';
import { Money } from './money.js';
import { State } from './state.js';
import { Time } from './time.js';

export const statuses = ['completed', 'failed', 'running', 'pending'].map((word) => [word, word]);

export const runLink = (adwId) => linkTo(['run', adwId]);

/* "claude-sonnet-4-5-20250929" is "sonnet-4-5" to those who use it. */
const shortModel = (name) => (name ?? '').replace(/^claude-/, '').replace(/-\d{8}$/, '');

export function CostButton({ run, force }) {
    return html`<${ActionButton} name=${'run ' + run.adw_id} look="row-size" act=${() => resyncCost(run, force)}
        title=${force ? 'Take what the files say, even where it is less' : "Read the cost from the run's files again"}>
        ${force ? 'Force cost' : 'Re-sync cost'}<span class="unseen"> of ${run.adw_id}</span><//>`;
}

export const runColumns = [
    {
        title: 'Run',
        sort: 'adw_id',
        rest: true,
        cell: (run) => html`
        <a class="name mono" href=${runLink(run.adw_id)}>${run.adw_id}</a> <span class="dim small">
        ${shortModel(run.model_used)}</span>
        <div class="prompt dim small" title=${run.nl_input}>${run.nl_input}</div>`,
    },
    { title: 'Status', cell: (run) => html`<${State} word=${run.status} />` },
    { title: 'Started', sort: 'start_time', cell: (run) => html`<${Time} at=${run.start_time ?? run.created_at} />` },
    { title: 'Took', num: true, sort: 'duration_seconds', cell: (run) => seconds(run.duration_seconds) },
    { title: 'Tokens', num: true, cell: (run) => count(run.total_tokens) },
    { title: 'Cache', num: true, cell: (run) => percent(run.cache_efficiency_percent) },
    {
        title: 'Cost',
        num: true,
        sort: 'actual_cost_total',
        cell: (run) => html`<${Money} value=${run.actual_cost_total} />`,
    },
    { act: true, cell: (run) => html`<${CostButton} run=${run} />` },
];
