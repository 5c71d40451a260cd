/* Workers as rows. */
import { html } from '../core/html.js';
import { count } from '../format/number.js';
import { duration } from '../format/time.js';
import { State } from './state.js';
import { Time } from './time.js';

/* "delivery 8 · history 2": what it may do at a time, per queue. */
function executors(worker) {
    return Object.entries(worker.executors ?? {})
        .map(([queue, number]) => queue + ' ' + number)
        .join(' · ');
}

const TITLES = {
    silent: 'not heard from for 5 s: others take over what it holds',
    ended: 'not heard from for a minute: drained, stopped or dead; others have what it held',
};

const ENDED_SHOWN_MS = 3600000;

/* Those that a person looks for: not what ended long ago. */
export const shownWorkers = (workers) =>
    workers.filter((one) => one.state !== 'ended' || one.silent_ms < ENDED_SHOWN_MS);

export const workerColumns = [
    { title: 'Worker', cell: (one) => html`<span class="mono">${one.worker}</span>` },
    { title: 'Host', cell: (one) => one.host && html`${one.host} <span class="dim small">pid ${one.pid}</span>` },
    { title: 'State', cell: (one) => html`<${State} word=${one.state} title=${TITLES[one.state]} />` },
    { title: 'Executors', label: 'Executors', cell: (one) => executors(one) },
    { title: 'Busy with', num: true, cell: (one) => count(one.running) },
    { title: 'Done', num: true, cell: (one) => count(one.done) },
    {
        title: 'Heard from',
        num: true,
        cell: (one) => html`<span title="since its last sign of life">${duration(one.silent_ms)}</span>`,
    },
    { title: 'Since', label: 'Since', cell: (one) => html`<${Time} at=${one.started} />` },
];
