/* What a person would call an operation: its definition's purpose in a few words, and what it is about. */
const PURPOSES = {
    'resync-link': 'Re-sync',
    'resync-app': 'Re-sync all of',
    'resync-all': 'Re-sync',
    'retry-link': 'Retry',
    'retry-app': 'Retry what failed of',
    'retry-all': 'Retry',
    rescan: 'Look for changes:',
    'resync-cost': 'Re-sync the cost of',
    'resync-costs': 'Re-sync costs:',
    'sync-history': 'Sync',
};

export function nameOfOperation({ definition, subject }) {
    if (!subject) return definition;
    return (PURPOSES[definition] ?? definition + ':') + ' ' + subject;
}
