/*
 * What everything that can be started has in common. Whatever touches much is asked first, with the numbers that the
 * server's preview gives; the preview's token goes back with the request, so that what is started is what was shown.
 */
import { get, post } from '../core/api.js';
import { linkTo } from '../core/router.js';
import { noteStarted } from '../core/started.js';
import { toast } from '../core/toasts.js';
import { bytes, count } from '../format/number.js';
import { nameOfOperation, scopeOf } from '../format/operation.js';
import { duration, relative } from '../format/time.js';

export const CAN_STOP = 'It can be paused and cancelled.';
export const idOf = (text) => encodeURIComponent(text);

function takes(ms) {
    return ms === null || ms === undefined ? 'not known: nothing of the kind and size was done lately' : 'about ' + duration(ms);
}

const known = (value, form) => (value === null || value === undefined ? 'not known' : form(value));

/* What of the same kind is under way for the same already: {text, link}; the counts may be of a half-done state then. */
async function underWay(definition, args) {
    const { operations } = await get('/admin/api/operations', { state: 'live', limit: 50 });
    const scope = scopeOf({ definition, args });
    const same = operations.find(
        (one) =>
            (scope !== undefined && scopeOf(one) === scope) ||
            (one.definition === definition && one.args.repository_id === args.repository_id && one.args.app_id === args.app_id),
    );
    if (!same) return null;
    const since = relative(Date.parse(same.created_at), Date.now());
    return {
        text: 'Under way already: ' + nameOfOperation(same) + ', begun ' + since + ' by ' + same.requested_by + '.',
        link: { href: linkTo(['operation', same.operation_id]), text: 'Show' },
    };
}

/* The dry run of a definition: what would be done, and the token that says so. */
export async function preview(definition, args, noun, { files = true } = {}) {
    const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== '' && value !== undefined));
    const found = await post('/admin/api/operations/preview', { definition, args: given });
    const figures = [['For', found.subject], [noun, known(found.jobs, count)]];
    const sized = (value, form) => known(value, (number) => (found.unsized_jobs ? 'at least ' : '') + form(number));
    if (files) figures.push(['Files to send', sized(found.files, count)], ['Bytes', sized(found.bytes, bytes)]);
    if (files && found.unsized_jobs) figures.push(['Never sent, size not known', count(found.unsized_jobs)]);
    figures.push(['Takes', takes(found.expected_ms)]);
    return { figures, ...(await underWay(definition, given)), confirmation: found.confirmation };
}

/* What follows a request that started something: a toast, and progress on the page that `scope` names. */
export function started(answer, scope) {
    if (scope) noteStarted(scope, answer.operation_id);
    toast(answer.message ?? 'Started', { href: linkTo(['operation', answer.operation_id]), text: 'Show' });
    return answer;
}

export async function start(path, body, scope, confirmation) {
    return started(await post(path, confirmation ? { ...body, confirmation } : body), scope);
}
