/* The page: who is logged in, which view the address names. */
import { html, render, useEffect, useState } from './core/html.js';
import { get } from './core/api.js';
import { startEvents, stopEvents } from './core/events.js';
import { useRoute } from './core/router.js';
import { useServer } from './core/server.js';
import { sessionBegan, useSession } from './core/session.js';
import { DialogHost } from './parts/dialog.js';
import { Toasts } from './parts/toasts.js';
import { App } from './views/app.js';
import { Apps } from './views/apps.js';
import { Definitions } from './views/definitions.js';
import { Failed } from './views/failed.js';
import { Frame } from './views/frame.js';
import { History } from './views/history.js';
import { Job } from './views/job.js';
import { Login } from './views/login.js';
import { Missing } from './views/missing.js';
import { Operation } from './views/operation.js';
import { Operations } from './views/operations.js';
import { Overview } from './views/overview.js';
import { Queue } from './views/queue.js';
import { Repositories } from './views/repositories.js';
import { Run } from './views/run.js';
import { Stale } from './views/stale.js';

/* The first part of the address, and how many parts it has, to the view. */
const views = {
    '': [Overview, 0],
    apps: [Apps, 1],
    app: [App, 2],
    repositories: [Repositories, 1],
    failed: [Failed, 1],
    operations: [Operations, 1],
    operation: [Operation, 2],
    'operation/job': [Job, 4], // operation/ID/job/NUMBER
    history: [History, 1],
    stale: [Stale, 1],
    run: [Run, 2],
    definitions: [Definitions, 1],
    queue: [Queue, 1],
};

function viewOf(path) {
    const name = path.length === 4 ? path[0] + '/' + path[2] : (path[0] ?? '');
    const [view, parts] = views[name] ?? [Missing, path.length];
    return path.length === parts ? view : Missing;
}

function Inside() {
    const { path } = useRoute();
    useEffect(() => {
        startEvents();
        return stopEvents;
    }, []);
    const View = viewOf(path);
    return html`<${Frame}><${View} path=${path} key=${path.join('/')} /><//>`;
}

const ASK_AGAIN_MS = 2000;

/* Asks whether the cookie is still good; a 401 has already ended the session. Where the server cannot say yet (PostgreSQL
 * does not answer), `explain` is given its words, and it is asked again. Returns how to stop. */
function askWhoIsThere(explain) {
    let timer = null;
    let over = false;
    const again = (error) => {
        if (over || error.status < 500) return;
        explain(error.message);
        timer = setTimeout(ask, ASK_AGAIN_MS);
    };
    const ask = () => get('/admin/api/session').then(sessionBegan, again);
    ask();
    return () => {
        over = true;
        clearTimeout(timer);
    };
}

const Waiting = ({ children }) => html`<main class="login" id="main"><p class="dim">${children}</p></main>`;

function Page() {
    const session = useSession();
    const { away, revision } = useServer();
    const [trouble, setTrouble] = useState(null);
    useEffect(() => (session === null ? askWhoIsThere(setTrouble) : undefined), [revision, session]);
    if (session === null)
        return html`<${Waiting}>${away ? 'The server does not answer. Trying again…' : (trouble ?? 'One moment…')}<//>`;
    if (session === 'ending') return html`<${Waiting}>Logging out…<//>`;
    return html`${session ? html`<${Inside} /><${DialogHost} />` : html`<${Login} />`}<${Toasts} />`;
}

render(html`<${Page} />`, document.getElementById('page'));
