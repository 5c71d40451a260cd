/* Bringing definitions and their files together, and a person's word about one. */
import { post, request } from '../core/api.js';
import { toast } from '../core/toasts.js';
import { countOf } from '../format/number.js';
import { idOf } from './start.js';

const WAITS_MS = 60000; // many files take their time
const SUMMARY = [
    ['new', 'new'],
    ['updated', 'updated'],
    ['reactivated', 'back'],
    ['archived', 'archived'],
    ['errors', 'in error'],
];

export async function resyncDefinitions() {
    const { summary } = await post('/api/workflow-definitions/resync', undefined, { deadlineMs: WAITS_MS });
    const parts = SUMMARY.filter(([key]) => summary[key]).map(([key, word]) => summary[key] + ' ' + word);
    toast(
        'Definitions re-synced: ' +
            (parts.length ? parts.join(', ') : 'nothing changed') +
            ' · ' +
            countOf(summary.total, 'file'),
    );
}

export async function archiveDefinition(definition) {
    await request('PATCH', '/api/workflow-definitions/' + idOf(definition.id) + '/archive');
    toast(definition.name + ' is archived: it starts nothing until it is taken back.');
}

export async function unarchiveDefinition(definition) {
    await request('PATCH', '/api/workflow-definitions/' + idOf(definition.id) + '/unarchive');
    toast(definition.name + ' is active again.');
}
