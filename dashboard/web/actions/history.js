/* Bringing the history up to date, and mending costs. */
import { get, post, request } from '../core/api.js';
import { ask } from '../core/dialogs.js';
import { toast } from '../core/toasts.js';
import { dollars } from '../format/money.js';
import { count, countOf } from '../format/number.js';
import { CAN_STOP, idOf, preview, started } from './start.js';

const WAITS_MS = 70000; // the server waits a minute for a single run

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
const ANY = STATUSES.join(',');

/* What the definition takes of what the dialog's fields say. */
const costArgs = ({ status, force, ...filter }) => ({
    status: status ? status.split(',') : undefined,
    ...filter,
    force: force || undefined,
});

/* Fields that narrow it further are there where the list is narrowed by them. */
const narrowing = (filter) =>
    [
        ['search', 'Text in the prompt'],
        ['model', 'Model'],
        ['template', 'Template'],
    ]
        .filter(([name]) => filter[name])
        .map(([name, label]) => ({ name, label, value: filter[name] }));

const paramsOf = (values) => ({ ...values, force: values.force ? 'true' : '' });

const LOOK_AGAIN_MS = 500;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const signed = (amount) => (amount > 0 ? '+' : '') + dollars(amount);

/* A dry run, followed to its end; it is cancelled with the dialog that asked for it. */
async function ofDryRun(values, tell, signal) {
    const params = { ...paramsOf(values), dry_run: 'true' };
    const { operation_id: id } = await request('POST', '/api/workflow-history/resync', { params });
    for (;;) {
        const now = await get('/admin/api/operations/' + idOf(id));
        if (now.state === 'completed') return id;
        if (now.state !== 'running') throw new Error('The dry run was ' + now.state + '.');
        if (signal.aborted) {
            await post('/admin/api/operations/' + idOf(id) + '/cancel');
            return null;
        }
        tell(now.live_workers === 0 ? 'No worker is alive: it waits.' : 'Read: ' + count(now.completed) + ' of ' + countOf(now.total, 'run'));
        await pause(LOOK_AGAIN_MS);
    }
}

/* What the files say, beside what is stored: {figures, lines}. */
async function whatWouldChange(values, tell, signal) {
    const id = await ofDryRun(values, tell, signal);
    if (id === null) return null;
    const found = await get('/api/workflow-history/resync/' + idOf(id), { limit: 1 });
    const figures = [
        ['Would change', count(found.changed) + ' of ' + countOf(found.total_processed, 'run')],
        ['By', signed(found.change) + ' (' + dollars(found.old_total) + ' → ' + dollars(found.new_total) + ')'],
    ];
    if (found.old_unknown) figures.push(['Without a cost until now', countOf(found.old_unknown, 'run')]);
    if (found.new_unknown) figures.push(['Without a cost in the files', countOf(found.new_unknown, 'run')]);
    if (found.failed) figures.push(['Could not be read', countOf(found.failed, 'run')]);
    const lines = found.largest.map((one) => one.workflow_id + ': ' + dollars(one.old_cost) + ' → ' + dollars(one.new_cost));
    return { figures, title: lines.length ? 'The largest changes' : null, lines };
}

/* For the runs that a list shows with this filter: {status, model, template, search, from, to}; `filter` null: no list. */
export function askResyncCosts(list) {
    const filter = list ?? {};
    ask({
        title: 'Re-sync costs?',
        text: 'Reads the cost of each run from its files again. A finished run takes the fresh value; a running one only a greater one.',
        note: CAN_STOP,
        fields: [
            {
                name: 'status',
                label: 'Status',
                value: filter.status || (list ? ANY : ''),
                options: [['', 'completed and failed'], [ANY, 'any'], ...STATUSES.map((word) => [word, word])],
            },
            ...narrowing(filter),
            { name: 'from', label: 'Started on or after', type: 'date', value: filter.from ?? '' },
            { name: 'to', label: 'Started on or before', type: 'date', value: filter.to ?? '' },
            { name: 'force', label: 'Take what the files say, even where it is less', type: 'check', value: false },
        ],
        preview: (values) => preview('resync-costs', costArgs(values), 'Runs', { files: false }),
        look: { text: 'Show what would change', act: whatWouldChange },
        act: async (values, { confirmation }) => {
            const answer = await request('POST', '/api/workflow-history/resync', { params: paramsOf(values), body: { confirmation } });
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
