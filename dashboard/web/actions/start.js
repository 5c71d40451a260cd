/*
 * What everything that can be started has in common. Whatever touches much is asked first, with the numbers that the
 * server's preview gives; the preview's token goes back with the request, so that what is started is what was shown.
 */
import { post } from '../core/api.js';
import { linkTo } from '../core/router.js';
import { noteStarted } from '../core/started.js';
import { toast } from '../core/toasts.js';
import { bytes, count } from '../format/number.js';
import { duration } from '../format/time.js';

export const CAN_STOP = 'It can be paused and cancelled.';
export const idOf = (text) => encodeURIComponent(text);

function takes(ms) {
    return ms === null || ms === undefined ? 'not known: nothing of the kind was done lately' : 'about ' + duration(ms);
}

const known = (value, form) => (value === null || value === undefined ? 'not known' : form(value));

/* The dry run of a definition: what would be done, and the token that says so. */
export async function preview(definition, args, noun, { files = true } = {}) {
    const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== '' && value !== undefined));
    const found = await post('/admin/api/operations/preview', { definition, args: given });
    const figures = [[noun, known(found.jobs, count)]];
    if (files) figures.push(['Files to send', known(found.files, count)], ['Bytes', known(found.bytes, bytes)]);
    figures.push(['Takes', takes(found.expected_ms)]);
    return { figures, confirmation: found.confirmation };
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
