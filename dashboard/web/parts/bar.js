/* A progress bar: done, skipped and failed beside each other. For readers it is one number with its words. */
import { html } from '../core/html.js';
import { nameOfOperation } from '../format/operation.js';
import { count, share } from '../format/number.js';

const ENDED = ['completed', 'failed', 'cancelled'];

export const isEnded = (operation) => ENDED.includes(operation.state);

/* Jobs that are under way, as far as their checkpoints know how far they are: 0.15 for 60 files of 400. */
function partDone({ running_jobs: jobs, files_done: done, files_total: total }) {
    return jobs && total ? (jobs * done) / total : 0;
}

/* Of an operation, whole percents, never 100 before all is done. */
export function percentDone(operation) {
    const { completed, total, state } = operation;
    if (!total) return state === 'completed' ? 100 : 0;
    return Math.floor(Math.min(share(completed + (isEnded(operation) ? 0 : partDone(operation)), total), completed < total ? 99 : 100));
}

export function Bar({ operation, big }) {
    const { completed = 0, failed = 0, skipped = 0, total = 0 } = operation;
    const part = (number) => ({ width: share(number, total) + '%' });
    const done = Math.max(0, completed - failed - skipped);
    const under = isEnded(operation) ? 0 : Math.min(partDone(operation), total - completed);
    return html`
        <div class="bar ${big ? 'big' : ''} ${operation.state === 'completed' ? 'ended' : ''}" role="progressbar"
            aria-label=${'Progress of ' + nameOfOperation(operation)}
            aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percentDone(operation)}
            aria-valuetext=${count(completed) + ' of ' + count(total) + ' done, ' + count(failed) + ' failed'}>
            <i class="done" style=${operation.state === 'completed' && !total ? { width: '100%' } : part(done)}></i>
            <i class="skipped" style=${part(skipped)}></i>
            <i class="failed" style=${part(failed)}></i>
            <i class="under" style=${part(under)}></i>
        </div>`;
}
