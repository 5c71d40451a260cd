/* One app and its repositories. */
import { html } from '../core/html.js';
import { askAddRepository, askRemoveApp, askReplaceKey } from '../actions/apps.js';
import { askResyncApp, askRetryApp } from '../actions/links.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { count, countOf } from '../format/number.js';
import { Heading } from '../parts/heading.js';
import { linkColumns, linkKey } from '../parts/links.js';
import { Loaded } from '../parts/loaded.js';
import { OperationStrip } from '../parts/operations.js';
import { Pager, usePage } from '../parts/pager.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';

const columns = linkColumns('repository', 'status', 'files', 'scanned', 'error', 'act');
const way = [{ href: linkTo(['apps']), text: 'Apps' }];

export function App({ path }) {
    const page = usePage();
    const load = useLoad('/admin/api/apps/' + encodeURIComponent(path[1]), page.params, { on: anyOf('progress') });
    return html`<${Loaded} load=${load}>${(app) => html`<${Shown} app=${app} page=${page} reload=${load.reload} />`}
        <//>`;
}

const identity = (app) => html`<span class="mono">${app.app_id} · ${app.base_url}</span>`;

function Shown({ app, page, reload }) {
    const { repositories } = app;
    const failed = app.failed_repositories;
    return html`
        <${Heading} title=${app.app_name} above=${way} below=${identity(app)}>
            <button type="button" disabled=${!failed}
                onClick=${() => askRetryApp(app)}>Retry all failed (${count(failed)})…</button>
            <button type="button" class="danger" disabled=${!repositories.length}
                onClick=${() => askResyncApp(app)}>Re-sync all ${count(app.repositories_count)}…</button>
        <//>
        <${OperationStrip} scope=${'app ' + app.app_id} />
        <${Stats} app=${app} />
        <div class="title">
            <h2>Repositories</h2>
            <span class="row tight">
                <button type="button" class="row-size"
                    onClick=${() => askAddRepository(app, reload)}>Add a repository…</button>
                <button type="button" class="row-size danger"
                    onClick=${() => askReplaceKey(app)}>New key…</button>
                <button type="button" class="row-size danger"
                    onClick=${() => askRemoveApp(app)}>Remove the app…</button>
            </span>
        </div>
        <div class="panel">
            <${Table} label="Repositories" columns=${columns} rows=${repositories} keyOf=${linkKey}
                empty=${html`No repository yet. By hand: <code>producer add-repository ${app.app_id} URL</code>`} />
            <${Pager} page=${page} shown=${repositories.length} next=${app.next} />
        </div>`;
}

function Stats({ app }) {
    const counted = app.repositories.filter((link) => link.files !== null && link.files !== undefined);
    const files = counted.length ? counted.reduce((sum, link) => sum + link.files, 0) : null;
    const known = counted.length === app.repositories.length ? '' : ' in ' + countOf(counted.length, 'repository', 'repositories');
    const times = app.repositories
        .map((link) => link.last_scanned_at)
        .filter(Boolean)
        .sort();
    const part = app.next ? ' on this page' : '';
    return html`
        <div class="panel stats">
            <div><b>${count(app.repositories_count)}</b><span>repositories</span></div>
            <div><b>${count(files)}</b><span>files delivered${known}${part}</span></div>
            <div><b class=${app.failed_repositories ? 'trouble' : ''}>${count(app.failed_repositories)}</b>
            <span>failed</span></div>
            <div><b><${Time} at=${times[times.length - 1]} /></b><span>last scan${part}</span></div>
        </div>`;
}
