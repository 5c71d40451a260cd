/* Workers as rows. */
import { html } from '../core/html.js';
import { count } from '../format/number.js';
import { duration } from '../format/time.js';
import { State } from './state.js';
import { Time } from './time.js';

const SILENT_MS = 5000;

/* "delivery 8 · history 2": what it may do at a time, per queue. */
function executors(worker) {
    return Object.entries(worker.executors ?? {}).map(([queue, number]) => queue + ' ' + number).join(' · ');
}

export const workerColumns = [
    { title: 'Worker', cell: (one) => html`<span class="mono">${one.id}</span>` },
    { title: 'Host', cell: (one) => html`${one.host} <span class="dim small">pid ${one.pid}</span>` },
    { title: 'State', cell: (one) => html`<${State} word=${one.beat_ms > SILENT_MS ? 'silent' : 'alive'} />` },
    { title: 'Executors', label: 'Executors', cell: (one) => executors(one) },
    { title: 'In hand', num: true, cell: (one) => count(one.running) },
    { title: 'Done', num: true, cell: (one) => count(one.done) },
    { title: 'Beat', num: true, cell: (one) => (one.beat_ms === undefined ? '—' : duration(one.beat_ms)) },
    { title: 'Since', label: 'Since', cell: (one) => html`<${Time} at=${one.started} />` },
];
