/* The recipes of operations, and whether their files can be read. */
import { html, useState } from '../core/html.js';
import { archiveDefinition, resyncDefinitions, unarchiveDefinition } from '../actions/definitions.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { troubleOf } from '../format/definition.js';
import { ActionButton } from '../parts/button.js';
import { Heading } from '../parts/heading.js';
import { Loaded } from '../parts/loaded.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { Whole } from '../parts/tooltip.js';

const ALL = 1000; // definitions are files: hundreds at the most

function Name({ one }) {
    return html`
        <span class="name">${one.name}
        </span> ${one.load_error && html`<${Whole} text=${troubleOf(one)} label="error" look="badge trouble" />`}
        <div class="dim small"><span class="mono">${one.id}</span>${one.description && ' · ' + one.description}</div>`;
}

const MEANING = {
    'older version': 'the file is in error: its last good version stays in force',
    broken: 'it never had a good version: it starts nothing',
    missing: 'the file is gone: it starts nothing',
};

function Schedule({ one }) {
    if (!one.schedule) return html`<span class="dim">—</span>`;
    return html`
        <span class="nowrap">${one.schedule}</span>
        ${
            one.last_tick &&
            html`<div class="dim small">last <${Time} at=${one.last_tick} />
                ${one.last_tick_skipped && html`, skipped: ${one.last_tick_skipped}`}${
                one.last_tick_operation_id &&
                html`: <a href=${linkTo(['operation', one.last_tick_operation_id])}>operation</a>`
            }</div>`
        }`;
}

function columnsFor(reload) {
    const act = (one) => async () => {
        await (one.status === 'archived' ? unarchiveDefinition(one) : archiveDefinition(one));
        reload();
    };
    return [
        { title: 'Definition', cell: (one) => html`<${Name} one=${one} />` },
        { title: 'State', cell: (one) => html`<${State} word=${one.state} title=${MEANING[one.state]} />` },
        { title: 'Schedule', label: 'Schedule', cell: (one) => html`<${Schedule} one=${one} />` },
        {
            title: 'Version',
            label: 'Version',
            cell: (one) =>
                html`<span class="mono dim" title=${one.version}>${one.version?.slice(0, 8) ?? 'none'}</span>`,
        },
        { title: 'Changed', label: 'Changed', cell: (one) => html`<${Time} at=${one.updated_at} />` },
        {
            act: true,
            cell: (one) =>
                html`<${ActionButton} name=${'definition ' + one.id} look="row-size" act=${act(one)}>
                    ${one.status === 'archived' ? 'Take back' : 'Archive'}<span class="unseen"> ${one.name}</span><//>`,
        },
    ];
}

export function Definitions() {
    const load = useLoad('/api/workflow-definitions', { limit: ALL }, { on: anyOf('definitions') });
    const [archived, setArchived] = useState(true);
    const resync = async () => {
        await resyncDefinitions();
        load.reload();
    };
    return html`
        <${Heading} title="Definitions"
            below="Recipes of operations, read from files. Operations under way keep the version that they began with.">
            <label class="row tight"><input type="checkbox" checked=${archived}
                onChange=${(event) => setArchived(event.target.checked)} />archived too</label>
            <${ActionButton} name="definitions" look="primary" act=${resync}>Re-sync<//>
        <//>
        <${Loaded} load=${load}>${({ definitions }) => html`
            <div class="panel"><${Table} label="Definitions" columns=${columnsFor(load.reload)} keyOf=${(one) => one.id}
                rows=${definitions.filter((one) => archived || one.status !== 'archived')}
                empty="No definition is known: Re-sync reads the files." /></div>`}<//>`;
}
