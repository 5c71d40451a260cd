/*
 * Requests that are sent while the page itself is still on its way: what every view needs, and what the view shows that
 * the address names. Over a slow line their answers are there when the page is. Each serves all that ask for it at the same
 * moment; what no view takes is dropped. Only with a session: without one there is nothing to ask.
 */
import { addressOf } from './base.js';

const MARK = 'reprise.session'; // of session.js
const KEEP_MS = 15000;
const SHARE_MS = 500; // after it was taken first
const ALWAYS = ['/admin/api/session', '/admin/api/overview', '/api/workflow-definitions?limit=1000'];
const VIEWS = {
    '#/': ['/admin/api/operations?state=live&limit=10', '/admin/api/notifications/failed?limit=5'],
    '#/apps': ['/admin/api/apps?limit=50&page=1'],
    '#/repositories': ['/admin/api/repositories?limit=50&page=1'],
    '#/failed': ['/admin/api/notifications/failed?limit=50&page=1'],
    '#/operations': ['/admin/api/operations?limit=20&page=1'],
    '#/queue': ['/admin/api/queue'],
};

const sent = new Map();

export function sendEarly() {
    if (!localStorage.getItem(MARK)) return;
    for (const path of [...ALWAYS, ...(VIEWS[location.hash || '#/'] ?? [])])
        sent.set(
            path,
            fetch(addressOf(path), { cache: 'no-store' }).catch(() => null),
        );
    setTimeout(() => sent.clear(), KEEP_MS);
}

/* The answer to a GET that was sent already: a promise, of null where there was none; undefined if it was not sent. */
export function takeEarly(path) {
    const answer = sent.get(path);
    if (answer) setTimeout(() => sent.delete(path), SHARE_MS);
    return answer?.then((response) => response?.clone() ?? null);
}
