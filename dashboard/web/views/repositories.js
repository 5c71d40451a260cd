/* All links of all apps. */
import { html } from '../core/html.js';
import { askResyncAll } from '../actions/links.js';
import { anyOf, useLoad } from '../core/load.js';
import { useRoute } from '../core/router.js';
import { Search, Select } from '../parts/filter.js';
import { Heading } from '../parts/heading.js';
import { STATUSES, linkColumns, linkKey } from '../parts/links.js';
import { Loaded } from '../parts/loaded.js';
import { OperationStrip } from '../parts/operations.js';
import { Pager, usePage } from '../parts/pager.js';
import { Table } from '../parts/table.js';

const columns = linkColumns('repository', 'app', 'status', 'files', 'scanned', 'error', 'act');
const statuses = [['', 'any'], ...STATUSES.map((word) => [word, word === 'pending_snapshot' ? 'pending' : word])];

export function Repositories() {
    const { params } = useRoute();
    const page = usePage();
    const load = useLoad(
        '/admin/api/repositories',
        { ...page.params, status: params.status, search: params.search },
        { on: anyOf('progress'), every: 1500 },
    );
    return html`
        <${Heading} title="Repositories" below="Every repository of every app.">
            <button type="button" class="danger" onClick=${askResyncAll}>Re-sync all…</button>
        <//>
        <${OperationStrip} scope="repositories" />
        <div class="filters" role="search">
            <${Search} value=${params.search} placeholder="owner/name or address" />
            <${Select} name="status" label="Status" value=${params.status} options=${statuses} />
        </div>
        <${Loaded} load=${load}>${({ repositories, next }) => html`
            <div class="panel">
                <${Table} label="Repositories" columns=${columns} rows=${repositories} keyOf=${linkKey}
                    empty=${params.status || params.search ? 'No repository fits.' : 'No app has a repository yet.'} />
                <${Pager} page=${page} shown=${repositories.length} next=${next} />
            </div>`}<//>`;
}
