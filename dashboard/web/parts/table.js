/*
 * A list. Columns: {title, cell(row), num, act, wide, rest, most, label, sort}. `rest` and `most` clip; `label` is what stands before the value where the
 * window is narrow and the heads are gone; `sort` the key by which the server sorts. Roles are written out, because a
 * table that is laid out as cards loses them.
 */
import { html } from '../core/html.js';

export function Table({ label, columns, rows, keyOf, empty = 'Nothing here.', sort, order, onSort }) {
    if (!rows.length) return html`<div class="empty">${empty}</div>`;
    return html`
        <table class="list" role="table" aria-label=${label}>
            <thead role="rowgroup">
                <tr role="row">
                ${columns.map((column) => html`<${Head} column=${column} sort=${sort} order=${order} onSort=${onSort} />`)}</tr>
            </thead>
            <tbody role="rowgroup">
                ${rows.map((row) => html`<tr role="row" key=${keyOf(row)}>${columns.map((column) => html`<${Cell} column=${column} row=${row} />`)}</tr>`)}
            </tbody>
        </table>`;
}

function look(column) {
    return [
        column.num && 'num',
        column.act && 'act',
        column.wide && 'wide',
        column.rest && 'rest',
        column.most && 'most',
    ]
        .filter(Boolean)
        .join(' ');
}

function Head({ column, sort, order, onSort }) {
    if (!column.title)
        return html`<th role="columnheader" scope="col"><span class="unseen">${column.hidden ?? 'Actions'}</span></th>`;
    if (!column.sort || !onSort)
        return html`<th role="columnheader" scope="col" class=${look(column)}>${column.title}</th>`;
    const sorted = sort === column.sort;
    const other = sorted && order === 'desc' ? 'asc' : 'desc';
    return html`
        <th role="columnheader" scope="col" class="sorts ${look(column)}"
            aria-sort=${sorted ? (order === 'desc' ? 'descending' : 'ascending') : 'none'}>
            <button type="button" onClick=${() => onSort(column.sort, other)}>${column.title}</button>
        </th>`;
}

function Cell({ column, row }) {
    const label = column.label === undefined && column.num ? column.title : column.label;
    return html`<td role="cell" class=${look(column)} data-label=${label || undefined}>${column.cell(row)}</td>`;
}
