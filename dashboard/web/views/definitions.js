/* The recipes of operations, and whether their files can be read. */
import { html, useState } from '../core/html.js';
import { archiveDefinition, resyncDefinitions, unarchiveDefinition } from '../core/actions.js';
import { anyOf, useLoad } from '../core/load.js';
import { ActionButton } from '../parts/button.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { Whole } from '../parts/tooltip.js';

function Name({ one }) {
    return html`
        <span class="name">${one.name}</span> ${one.load_error && html`<${Whole} text=${one.load_error} label="error" look="badge trouble" />`}
        <div class="dim small">${one.description}</div>`;
}

function Word({ one }) {
    if (one.status === 'archived') return html`<${State} word="archived" />`;
    if (one.load_error) return html`<${State} word="in error" title="the last good version stays in force" />`;
    return html`<${State} word=${one.file_exists ? 'active' : 'file gone'} />`;
}

function columnsFor(reload) {
    const act = (one) => async () => {
        await (one.status === 'archived' ? unarchiveDefinition(one) : archiveDefinition(one));
        reload();
    };
    return [
        { title: 'Definition', cell: (one) => html`<${Name} one=${one} />` },
        { title: 'Id', cell: (one) => html`<span class="mono">${one.identifier}</span>` },
        { title: 'Project', label: 'Project', cell: (one) => one.project ?? html`<span class="dim">all</span>` },
        { title: 'Status', cell: (one) => html`<${Word} one=${one} />` },
        { title: 'Version', label: 'Version', cell: (one) => html`<span class="mono dim">${one.current_version?.slice(0, 8) ?? 'none'}</span>` },
        { title: 'Changed', label: 'Changed', cell: (one) => html`<${Time} at=${one.updated_at} />` },
        { act: true, cell: (one) => html`<${ActionButton} name=${'definition ' + one.id} look="row-size" act=${act(one)}>${one.status === 'archived' ? 'Take back' : 'Archive'}<span class="unseen"> ${one.name}</span><//>` },
    ];
}

export function Definitions() {
    const load = useLoad('/api/workflow-definitions', {}, { on: anyOf('definitions') });
    const [archived, setArchived] = useState(true);
    const resync = async () => { await resyncDefinitions(); load.reload(); };
    return html`
        <${Heading} title="Definitions" below="Recipes of operations, read from files. Operations under way keep the version that they began with.">
            <label class="row tight"><input type="checkbox" checked=${archived} onChange=${(event) => setArchived(event.target.checked)} />archived too</label>
            <${ActionButton} name="definitions" look="primary" act=${resync}>Resync<//>
        <//>
        <${Loaded} load=${load}>${({ definitions }) => html`
            <div class="panel"><${Table} label="Definitions" columns=${columnsFor(load.reload)} keyOf=${(one) => one.id}
                rows=${definitions.filter((one) => archived || one.status !== 'archived')} empty="No definition is known: resync reads the files." /></div>`}<//>`;
}
