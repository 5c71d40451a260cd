/* What a person would call an operation: its definition's purpose in a few words, and what it is about. */
const PURPOSES = {
    'resync-link': 'Re-sync',
    'resync-app': 'Re-sync all of',
    'resync-all': 'Re-sync',
    'snapshot-link': 'Update',
    'snapshot-app': 'Update all of',
    'snapshot-all': 'Update',
    'retry-link': 'Retry',
    'rescan-failed': 'Try failed again',
    'retry-app': 'Retry what failed of',
    'retry-all': 'Retry',
    rescan: 'Look for changes:',
    'resync-cost': 'Re-sync the cost of',
    'resync-costs': 'Re-sync costs:',
    'sync-history': 'Sync',
};

/* The page that an operation is about: as actions/ name it when they start one there. */
const SCOPES = {
    'resync-app': ({ app_id: app }) => 'app ' + app,
    'retry-app': ({ app_id: app }) => 'app ' + app,
    'resync-all': () => 'repositories',
    rescan: () => 'repositories',
    'retry-all': () => 'failed',
    'resync-costs': () => 'history',
    'sync-history': () => 'history',
};

export const scopeOf = ({ definition, args }) => SCOPES[definition]?.(args ?? {});

export function nameOfOperation({ definition, subject }) {
    if (!subject) return definition;
    return (PURPOSES[definition] ?? definition + ':') + ' ' + subject;
}
