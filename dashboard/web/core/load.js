/*
 * useLoad: what a view shows is loaded, kept while it is loaded again, and loaded again when something of its concern
 * happens. One request at a time: events that come meanwhile lead to one more, not to one each.
 */
import { get } from './api.js';
import { listen } from './events.js';
import { useServer } from './server.js';
import { useCallback, useEffect, useRef, useState } from './html.js';

const AT_MOST_EVERY_MS = 700;
const RETRY_MS = 5000; // after an answer that another moment may change

const never = () => false;

/* For `on`: any event of these types. */
export const anyOf =
    (...types) =>
    (event) =>
        types.includes(event.type);

/*
 * `path` null: nothing yet. `on(event)`: whether an event means "load again" (a tick always does), at most once in
 * `every` ms; `poll`: again after so many ms without an event, for what no event says. Gives {data, error, loading,
 * reload}.
 */
export function useLoad(path, params = {}, { on = never, every = AT_MOST_EVERY_MS, poll = null } = {}) {
    const key = path === null ? null : path + '?' + JSON.stringify(params);
    const [shown, setShown] = useState({ key: null, data: null, error: null });
    const { revision, away } = useServer();
    const loader = useRef(null);

    useEffect(() => {
        if (key === null) return undefined;
        const mine = makeLoader(() => path && get(path, params, mine.signal), setShown, key, every);
        loader.current = mine;
        mine.load();
        const stop = listen((event) => (event.type === 'tick' || on(event)) && mine.loadSoon());
        const timer = poll === null ? null : setInterval(() => document.hidden || mine.loadSoon(), poll);
        return () => {
            clearInterval(timer);
            stop();
            mine.end();
        };
    }, [key, revision, poll]);

    const reload = useCallback(() => loader.current?.load(), []);
    const fresh = shown.key === key;
    /* While another page of the same list is on its way, the old one stays: nothing jumps. */
    return { data: shown.data, error: fresh ? shown.error : null, loading: !fresh && !away, reload };
}

function makeLoader(fetchIt, show, key, every) {
    const abort = new AbortController();
    let running = false;
    let again = false;
    let timer = null;
    let retry = null;
    let lastAt = 0;

    async function load() {
        clearTimeout(timer);
        clearTimeout(retry);
        timer = null;
        if (running) {
            again = true;
            return;
        }
        running = true;
        lastAt = performance.now();
        await fetchAndShow();
        running = false;
        if (again && !abort.signal.aborted) {
            again = false;
            loadSoon();
        }
    }

    async function fetchAndShow() {
        try {
            const data = await fetchIt();
            if (!abort.signal.aborted) show({ key, data, error: null });
        } catch (error) {
            if (abort.signal.aborted) return;
            show((before) => ({ key, data: keeps(error) ? before.data : null, error }));
            if (keeps(error) && !error.away) retry = setTimeout(loadSoon, RETRY_MS);
        }
    }

    function loadSoon() {
        if (running) again = true;
        else timer ??= setTimeout(load, Math.max(0, lastAt + every - performance.now()));
    }

    function end() {
        clearTimeout(timer);
        clearTimeout(retry);
        abort.abort();
    }

    return { load, loadSoon, end, signal: abort.signal };
}

/* What was shown stays on the page while the server is away or overloaded; a refusal takes its place. */
function keeps(error) {
    return error.away || error.status >= 500 || error.status === 429;
}
