/* The frame: navigation with its figures, the word that the server is away, and the way out. */
import { html, useEffect, useRef } from '../core/html.js';
import { request } from '../core/api.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo, scrollOfEntry, useRoute } from '../core/router.js';
import { useServer } from '../core/server.js';
import { sessionBegan, sessionEnded, sessionEnding } from '../core/session.js';
import { turnZone, useZone } from '../core/zone.js';
import { count, countOf } from '../format/number.js';
import { ActionButton } from '../parts/button.js';

/* `under`: views that belong to an entry without being it. */
const entries = [
    { path: [], text: 'Overview', under: [undefined] },
    { path: ['apps'], text: 'Apps', under: ['apps', 'app'], figure: (one) => count(one.apps) },
    { path: ['repositories'], text: 'Repositories', under: ['repositories'], figure: (one) => count(one.repositories) },
    {
        path: ['failed'],
        text: 'Failed',
        under: ['failed'],
        figure: (one) => (one.failed ? count(one.failed) : ''),
        trouble: true,
    },
    {
        path: ['operations'],
        text: 'Operations',
        under: ['operations', 'operation'],
        figure: (one) => (one.running_operations ? count(one.running_operations) : ''),
    },
    { path: ['history'], text: 'History', under: ['history', 'run', 'stale'] },
    {
        path: ['definitions'],
        text: 'Definitions',
        under: ['definitions'],
        figure: (one) => (one.in_error ? countOf(one.in_error, 'error') : ''),
        trouble: true,
    },
    { path: ['queue'], text: 'Queue', under: ['queue'] },
];

export function Frame({ children }) {
    const { path } = useRoute();
    const main = useRef(null);
    const first = useRef(true);
    const place = path.join('/');
    useEffect(() => {
        /* A new view begins at its top, for eyes and for screen readers; the first view has not moved. */
        if (!first.current) main.current.focus({ preventScroll: true });
        if (!first.current) scrollWhenTall(scrollOfEntry());
        first.current = false;
    }, [place]);
    return html`
        <a class="skip" href="#main" onClick=${(event) => {
            event.preventDefault();
            main.current.focus();
        }}>To the content</a>
        <div class="shell">
            <${Navigation} here=${path[0]} />
            <main id="main" tabindex="-1" ref=${main}><${Away} />${children}</main>
        </div>`;
}

const PATIENCE_MS = 3000;

/* A view that is entered again is as tall as it was when its data has come. A person who scrolls meanwhile is left alone. */
function scrollWhenTall(y) {
    const until = performance.now() + PATIENCE_MS;
    scrollTo(0, 0);
    if (y === 0) return;
    const tryIt = () => {
        if (scrollY !== 0 || performance.now() > until) return;
        if (document.documentElement.scrollHeight - innerHeight >= y) scrollTo(0, y);
        else requestAnimationFrame(tryIt);
    };
    requestAnimationFrame(tryIt);
}

function Away() {
    const { away } = useServer();
    return html`<div role="alert">${away && html`<${ServerAway} />`}</div>`;
}

function ServerAway() {
    return html`
        <div class="away">
            <b>The server does not answer.</b>
            <span class="dim">What is shown is the last that is known. Trying again…</span>
        </div>`;
}

async function logOut() {
    sessionEnding();
    try {
        await request('POST', '/admin/api/logout');
        sessionEnded();
    } catch (error) {
        if (error.status === 401) return; // it had ended already
        sessionBegan();
        throw error;
    }
}

/* The overview with the number of definitions in error; null until known. */
function useFigures() {
    const overview = useLoad('/admin/api/overview', {}, { on: anyOf('progress', 'worker'), every: 3000 });
    const definitions = useLoad('/api/workflow-definitions', { limit: 1000 }, { on: anyOf('definitions') });
    return (
        overview.data && {
            ...overview.data,
            in_error: definitions.data?.definitions.filter((one) => one.load_error).length,
        }
    );
}

function workersOf({ workers, redis }) {
    if (!redis) return 'Redis does not answer';
    const alive = workers.filter((one) => one.alive);
    if (!alive.length) return 'No worker is alive';
    return countOf(alive.length, 'worker') + ' on ' + countOf(new Set(alive.map((one) => one.host)).size, 'host');
}

function Navigation({ here }) {
    const figures = useFigures();
    const zone = useZone();
    return html`
        <nav class="main" aria-label="Main">
            <div class="brand">Re<b>prise</b></div>
            ${entries.map((entry) => html`<${Entry} entry=${entry} here=${here} figure=${figures && entry.figure ? entry.figure(figures) : ''} />`)}
            <div class="foot">
                <span>${figures && workersOf(figures)}</span>
                <button type="button" class="row-size" onClick=${turnZone}
                    title="exact times, on hover">Times: ${zone === 'UTC' ? 'UTC' : 'local'}</button>
                <${ActionButton} name="logout" look="row-size" act=${logOut}>Log out<//>
            </div>
        </nav>`;
}

function Entry({ entry, here, figure }) {
    const current = entry.under.includes(here) ? 'page' : undefined;
    const link = useRef(null);
    useEffect(() => {
        /* Where the window is narrow the entries stand in a row that is longer than it. */
        if (current) link.current.scrollIntoView({ block: 'nearest', inline: 'center' });
    }, [current]);
    return html`<a ref=${link} href=${linkTo(entry.path)} aria-current=${current}>${entry.text}
        ${figure && html`<span class=${entry.trouble ? 'trouble' : ''}>${figure}</span>`}</a>`;
}
