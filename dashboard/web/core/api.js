/* Requests to the server. A refusal becomes an ApiError with the server's own text; no answer becomes `away`. */
import { addressOf } from './base.js';
import { takeEarly } from './early.js';
import { aliveSince, noteNoAnswer } from './server.js';
import { sessionEnded } from './session.js';

const DEADLINE_MS = 20000;
const TIMED_OUT = 504; // as a proxy would say it

class ApiError extends Error {
    constructor(status, text, requestId) {
        super(text);
        this.status = status;
        this.requestId = requestId;
    }
    /* The server was not reached at all. */
    get away() {
        return this.status === 0;
    }
}

/* The body of a successful answer, out of its {"data": …} where it stands in one. */
export async function request(method, path, { params, body, signal, deadlineMs = DEADLINE_MS } = {}) {
    const response = await send(method, withParams(path, params), body, signal, deadlineMs);
    const answer = await jsonOf(response);
    if (!response.ok) throw refusal(response, answer, path);
    return path.startsWith('/admin/') && answer !== null && 'data' in answer ? answer.data : answer;
}

export const get = (path, params, signal) => request('GET', path, { params, signal });
export const post = (path, body, more = {}) => request('POST', path, { body, ...more });

function withParams(path, params = {}) {
    const given = Object.entries(params).filter(([, value]) => value !== '' && value !== undefined && value !== null);
    return given.length ? path + '?' + new URLSearchParams(given) : path;
}

async function send(method, path, body, signal, deadlineMs) {
    const deadline = AbortSignal.timeout(deadlineMs);
    const sentAt = performance.now();
    const early = method === 'GET' ? await takeEarly(path) : null;
    if (early) return early;
    try {
        return await fetch(addressOf(path), {
            method,
            cache: 'no-store',
            headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
            body: body === undefined ? undefined : JSON.stringify(body),
            signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        });
    } catch (error) {
        if (signal?.aborted) throw error; // the view that asked is closed
        if (deadline.aborted && aliveSince(sentAt)) throw new ApiError(TIMED_OUT, waited(deadlineMs), null);
        noteNoAnswer();
        throw new ApiError(0, 'The server does not answer.', null);
    }
}

const waited = (ms) =>
    'No answer for ' + Math.round(ms / 1000) + ' s, though the server is there: it, or this browser, is busy. Try again.';

async function jsonOf(response) {
    try {
        return await response.json();
    } catch {
        return null; // no body, or not ours: the status says enough
    }
}

function refusal(response, answer, path) {
    if (response.status === 401 && !path.endsWith('/login')) sessionEnded();
    const text = answer?.error ?? 'The server answered ' + response.status + '.';
    return new ApiError(response.status, text, response.headers.get('X-Request-Id'));
}
