/* All client apps. */
import { html } from '../core/html.js';
import { askRegisterApp } from '../actions/apps.js';
import { useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { count } from '../format/number.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { Pager, usePage } from '../parts/pager.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';

const columns = [
    {
        title: 'App',
        cell: (app) =>
            html`<a class="name" href=${linkTo(['app', app.app_id])}>${app.app_name}</a><div class="dim small">
                ${app.description}</div>`,
    },
    { title: 'Address', cell: (app) => html`<span class="mono dim">${app.base_url}</span>` },
    { title: 'Repositories', num: true, cell: (app) => count(app.repositories) },
    {
        title: 'Failed',
        num: true,
        cell: (app) =>
            html`<span class=${app.failed_repositories ? 'trouble' : 'dim'}>${count(app.failed_repositories)}</span>`,
    },
    { title: 'Since', label: 'Since', cell: (app) => html`<${Time} at=${app.created_at} />` },
];

export function Apps() {
    const page = usePage();
    const load = useLoad('/admin/api/apps', page.params);
    return html`
        <${Heading} title="Apps" below="The client apps that files are sent to.">
            <button type="button" onClick=${() => askRegisterApp(load.reload)}>Register an app…</button>
        <//>
        <${Loaded} load=${load}>${({ apps, next }) => html`
            <div class="panel">
                <${Table} label="Apps" columns=${columns} rows=${apps} keyOf=${(app) => app.app_id}
                    empty=${html`No app is registered yet. By hand: <code>producer add-app NAME URL</code>`} />
                <${Pager} page=${page} shown=${apps.length} next=${next} />
            </div>`}<//>`;
}
