/* Re-syncing and retrying repositories: one, all of an app, all. */
import { ask } from '../core/dialogs.js';
import { CAN_STOP, idOf, preview, start } from './start.js';

const SENDS_ALL = 'This sends ALL files again. Apps may notify their own users for each one.';

const nameOf = (link) => link.repository ?? link.owner + '/' + link.name;
export const linkScope = (link) => 'link ' + link.app_id + '/' + link.repository_id;
const pairOf = (link) => ({ app_id: link.app_id, repository_id: link.repository_id });

export function askResync(link) {
    ask({
        title: 'Re-sync ' + nameOf(link) + '?',
        text: 'Reprise forgets what the app was sent of this repository and sends every file again.',
        danger: SENDS_ALL,
        preview: () => preview('resync-link', pairOf(link), 'Repositories'),
        act: (_, shown) => start('/admin/api/resync', pairOf(link), null, shown.confirmation),
        yes: 'Send all again',
    });
}

/* Sends only what has changed: nothing to ask. */
export function snapshotLink(link) {
    return start('/admin/api/snapshot', pairOf(link));
}

/* Sends only what is missing: nothing to ask. */
export function retryLink(link) {
    return start('/admin/api/retry', pairOf(link));
}

export function askResyncApp(app) {
    ask({
        title: 'Re-sync all repositories of ' + app.app_name + '?',
        text: 'Reprise forgets what this app was sent and sends every file again.',
        danger: SENDS_ALL,
        note: CAN_STOP,
        preview: () => preview('resync-app', { app_id: app.app_id }, 'Repositories'),
        act: (_, shown) =>
            start('/admin/api/resync/app/' + idOf(app.app_id), {}, 'app ' + app.app_id, shown.confirmation),
        yes: 'Send all again',
    });
}

export function askResyncAll() {
    ask({
        title: 'Re-sync every repository of every app?',
        text: 'Reprise forgets what every app was sent and sends every file of every repository again.',
        danger: SENDS_ALL,
        note: CAN_STOP,
        preview: () => preview('resync-all', {}, 'Repositories'),
        act: (_, shown) => start('/admin/api/resync/all', {}, 'repositories', shown.confirmation),
        yes: 'Send all again',
    });
}

export function askRetryApp(app) {
    ask({
        title: 'Retry what failed of ' + app.app_name + '?',
        text: 'Sends what is missing of the failed repositories. What arrived is not sent again.',
        note: CAN_STOP,
        preview: () => preview('retry-app', { app_id: app.app_id }, 'Failed repositories'),
        act: (_, shown) =>
            start('/admin/api/retry/app/' + idOf(app.app_id), {}, 'app ' + app.app_id, shown.confirmation),
        yes: 'Retry',
        no: 'Not now',
    });
}

export function askRetryAll() {
    ask({
        title: 'Retry everything that failed?',
        text: 'Sends what is missing of all failed repositories. What arrived is not sent again.',
        note: CAN_STOP,
        preview: () => preview('retry-all', {}, 'Failed repositories'),
        act: (_, shown) => start('/admin/api/retry/all', {}, 'failed', shown.confirmation),
        yes: 'Retry all',
        no: 'Not now',
    });
}
