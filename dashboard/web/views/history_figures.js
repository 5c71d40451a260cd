/* The history in five figures. */
import { html } from '../core/html.js';
import { anyOf, useLoad } from '../core/load.js';
import { count, percent } from '../format/number.js';
import { seconds } from '../format/time.js';
import { Money } from '../parts/money.js';

export function HistoryFigures() {
    const { data } = useLoad('/api/workflow-history/analytics', {}, { on: anyOf('progress'), every: 5000 });
    if (!data) return null;
    return html`
        <div class="panel stats">
            <div><b>${count(data.total_workflows)}</b><span>runs in all</span></div>
            <div><b>${percent(data.success_rate_percent, 1)}</b>
            <span>completed · ${count(data.failed_count)} failed</span></div>
            <div><b><${Money} value=${data.total_cost} /></b><span>spent in all
            <${Of} known=${data.workflows_with_cost} all=${data.total_workflows} /></span></div>
            <div><b><${Money} value=${data.average_cost} /></b><span>per run <${Trend} value=${data.cost_trend_7day} />
            </span></div>
            <div><b>${seconds(data.average_duration_seconds)}</b><span>a completed run takes
            <${Of} known=${data.workflows_with_duration} all=${data.completed_count} /></span></div>
        </div>`;
}

/* A sum or a mean says of how many runs it is, unless it is of all. */
function Of({ known, all }) {
    if (known === all) return null;
    return html`<span title="the others have none that is known">· of ${count(known)} of ${count(all)}</span>`;
}

/* Of the last 7 days against the 7 before. */
function Trend({ value }) {
    if (value === null || value === undefined) return null;
    return html`<span title="last 7 days against the 7 before">· ${value > 0 ? '+' : ''}
        ${percent(value)} in 7 days</span>`;
}
