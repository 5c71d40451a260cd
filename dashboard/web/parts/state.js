/* A state: its word, a shape and a colour. Words that we do not know get the neutral shape. */
import { html } from '../core/html.js';

const SHAPES = {
    synced: 'ok',
    succeeded: 'ok',
    completed: 'ok',
    active: 'ok',
    alive: 'ok',
    ready: 'ok',
    failed: 'bad',
    error: 'bad',
    'in error': 'bad',
    'load error': 'bad',
    'circuit open': 'bad',
    rejected: 'bad',
    silent: 'bad',
    broken: 'bad',
    running: 'run',
    scanning: 'run',
    'in hand': 'run',
    'never done': 'ended',
    pending_snapshot: 'wait',
    pending: 'wait',
    planned: 'wait',
    never: 'wait',
    waiting: 'wait',
    'trying again': 'wait',
    paused: 'paused',
    'older version': 'paused',
    cancelled: 'ended',
    archived: 'ended',
    skipped: 'ended',
    ended: 'ended',
    missing: 'ended',
    'completed with failures': 'bad',
};
const WORDS = { pending_snapshot: 'pending' };

export function State({ word, title }) {
    if (!word) return html`<span class="dim">—</span>`;
    return html`<span class="state ${SHAPES[word] ?? ''}" title=${title ?? (WORDS[word] ? word : undefined)}>
        ${WORDS[word] ?? word}</span>`;
}
