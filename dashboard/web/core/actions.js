/*
 * What a person can start. Whatever touches much is asked first, with the numbers that the server's preview gives; the
 * preview's token goes back with the request, so that what is started is what was shown.
 */
import { post, request } from './api.js';
import { ask } from './dialogs.js';
import { linkTo } from './router.js';
import { noteStarted } from './started.js';
import { toast } from './toasts.js';
import { nameOfOperation } from '../format/operation.js';
import { dollars } from '../format/money.js';
import { bytes, count, countOf } from '../format/number.js';
import { duration } from '../format/time.js';

const SENDS_ALL = 'This sends ALL files again. Apps may notify their own users for each one.';
const WAITS_MS = 70000; // the server waits a minute for a single run
const CAN_STOP = 'It can be paused and cancelled.';

const idOf = (text) => encodeURIComponent(text);

/* ---- previews ---- */

function takes(ms) {
    return ms === null || ms === undefined ? 'not known: nothing of the kind was done lately' : 'about ' + duration(ms);
}

const known = (value, form) => (value === null || value === undefined ? 'not known' : form(value));

/* The dry run of a definition: what would be done, and the token that says so. */
async function preview(definition, args, noun, { files = true } = {}) {
    const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== '' && value !== undefined));
    const found = await post('/admin/api/operations/preview', { definition, args: given });
    const figures = [[noun, known(found.jobs, count)]];
    if (files) figures.push(['Files to send', known(found.files, count)], ['Bytes', known(found.bytes, bytes)]);
    figures.push(['Takes', takes(found.expected_ms)]);
    return { figures, confirmation: found.confirmation };
}

/* ---- what follows a request that started something ---- */

function started(answer, scope) {
    if (scope) noteStarted(scope, answer.operation_id);
    toast(answer.message ?? 'Started', { href: linkTo(['operation', answer.operation_id]), text: 'Show' });
    return answer;
}

async function start(path, body, scope, confirmation) {
    return started(await post(path, confirmation ? { ...body, confirmation } : body), scope);
}

/* ---- one repository ---- */

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

/* Sends only what is missing: nothing to ask. */
export function retryLink(link) {
    return start('/admin/api/retry', pairOf(link));
}

/* ---- many repositories ---- */

export function askResyncApp(app) {
    ask({
        title: 'Re-sync all repositories of ' + app.app_name + '?',
        text: 'Reprise forgets what this app was sent and sends every file again.',
        danger: SENDS_ALL,
        note: CAN_STOP,
        preview: () => preview('resync-app', { app_id: app.app_id }, 'Repositories'),
        act: (_, shown) => start('/admin/api/resync/app/' + idOf(app.app_id), {}, 'app ' + app.app_id, shown.confirmation),
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
        act: (_, shown) => start('/admin/api/retry/app/' + idOf(app.app_id), {}, 'app ' + app.app_id, shown.confirmation),
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

/* ---- operations ---- */

const operationPath = (operation, verb) => '/admin/api/operations/' + idOf(operation.operation_id) + '/' + verb;

export async function pauseOperation(operation) {
    await post(operationPath(operation, 'pause'));
    toast('Paused. What is in hand ends; nothing new begins.');
}

export async function resumeOperation(operation) {
    await post(operationPath(operation, 'resume'));
    toast('Goes on.');
}

/* `then()` is called when it is done: what shows the operation asks for its counts. */
export function askCancel(operation, then) {
    ask({
        title: 'Cancel this operation?',
        text: nameOfOperation(operation) + '. What is done stays done. Once this has answered, nothing more of it is recorded.',
        danger: 'What has not been done will not be done, and a cancelled operation cannot be resumed.',
        preview: async () => ({ figures: [['Done so far', countOf(operation.completed, 'job')],
            ['Never begun or in hand', countOf(Math.max(0, operation.total - operation.completed), 'job')]] }),
        act: async () => {
            const answer = await post(operationPath(operation, 'cancel'));
            toast(answer.message + ': ' + countOf(answer.completed, 'job') + ' done, ' + count(answer.total - answer.completed) + ' never started');
            then?.();
        },
        yes: 'Cancel it',
        no: 'Let it run',
    });
}

export function askRetryOperation(operation) {
    ask({
        title: 'Retry what failed?',
        text: nameOfOperation(operation) + ': a new operation makes up for what failed in this one.',
        preview: async () => ({ figures: [['Failed jobs', count(operation.failed)]] }),
        act: () => start(operationPath(operation, 'retry'), {}, 'operation ' + operation.operation_id),
        yes: 'Retry',
        no: 'Not now',
    });
}

/* ---- history ---- */

export async function resyncCost(run, force = false) {
    const params = { adw_id: run.adw_id, force: force ? 'true' : '' };
    const answer = await request('POST', '/api/workflow-history/resync', { params, deadlineMs: WAITS_MS });
    toast(run.adw_id + ': ' + whatBecame(answer));
}

/* In the server's own words; without any, it is still at it. */
function whatBecame({ errors, workflows }) {
    if (errors.length) return errors[0].error;
    const [one] = workflows;
    if (!one) return 'still being read; the page will show it';
    return one.updated ? dollars(one.old_cost) + ' → ' + dollars(one.new_cost) : one.message;
}

const STATUSES = ['completed', 'failed', 'running', 'pending'];

/* What the definition takes of what the dialog's fields say. */
const costArgs = ({ status, from, to, force }) => ({ status: status ? [status] : undefined, from, to, force: force || undefined });

/* For the runs that the filter names; `filter`: {status, from, to}. */
export function askResyncCosts(filter) {
    ask({
        title: 'Re-sync costs?',
        text: 'Reads the cost of each run from its files again. A finished run takes the fresh value; a running one only a greater one.',
        note: CAN_STOP,
        fields: [
            { name: 'status', label: 'Status', value: filter.status ?? '', options: [['', 'completed and failed'], ...STATUSES.map((word) => [word, word])] },
            { name: 'from', label: 'Started from', type: 'date', value: filter.from ?? '' },
            { name: 'to', label: 'to', type: 'date', value: filter.to ?? '' },
            { name: 'force', label: 'Take what the files say, even where it is less', type: 'check', value: false },
        ],
        preview: (values) => preview('resync-costs', costArgs(values), 'Runs', { files: false }),
        act: async (values, { confirmation }) => {
            const params = { ...values, force: values.force ? 'true' : '' };
            const answer = await request('POST', '/api/workflow-history/resync', { params, body: { confirmation } });
            started({ ...answer, message: 'Cost re-sync started' }, 'history');
        },
        yes: 'Re-sync costs',
        no: 'Not now',
    });
}

export async function syncHistory() {
    const answer = await post('/api/workflow-history/sync');
    started({ ...answer, message: 'History sync started' }, 'history');
}

/* ---- definitions ---- */

const SUMMARY = [['new', 'new'], ['updated', 'updated'], ['reactivated', 'back'], ['archived', 'archived'], ['errors', 'in error']];

export async function resyncDefinitions() {
    const { summary } = await post('/api/workflow-definitions/resync', undefined, { deadlineMs: WAITS_MS });
    const parts = SUMMARY.filter(([key]) => summary[key]).map(([key, word]) => summary[key] + ' ' + word);
    toast('Definitions re-synced: ' + (parts.length ? parts.join(', ') : 'nothing changed') + ' · ' + countOf(summary.total, 'file'));
}

export async function archiveDefinition(definition) {
    await request('PATCH', '/api/workflow-definitions/' + idOf(definition.id) + '/archive');
    toast(definition.name + ' is archived: it starts nothing until it is taken back.');
}

export async function unarchiveDefinition(definition) {
    await request('PATCH', '/api/workflow-definitions/' + idOf(definition.id) + '/unarchive');
    toast(definition.name + ' is active again.');
}

/* ---- apps ---- */

export async function removeApp(app) {
    const answer = await request('DELETE', '/admin/api/apps/' + idOf(app.app_id));
    toast(answer?.message ?? app.app_name + ' is removed');
}
