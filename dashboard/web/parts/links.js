/* Rows of links: a repository as one app is sent it. Three views show them, with more or fewer columns. */
import { html } from '../core/html.js';
import { askResync, linkScope, retryLink, snapshotLink } from '../actions/links.js';
import { linkTo } from '../core/router.js';
import { bytes, count } from '../format/number.js';
import { ActionButton } from './button.js';
import { State } from './state.js';
import { Time } from './time.js';
import { Whole } from './tooltip.js';

export const STATUSES = ['synced', 'failed', 'scanning', 'pending_snapshot'];

export const repositoryOf = (link) => link.repository ?? link.owner + '/' + link.name;
export const linkKey = (link) => link.app_id + '/' + link.repository_id;

const Circuit = () => html`
    <${State} word="circuit open" title="git failed too often: not asked until it closes, or a person asks" />`;

const columns = {
    repository: {
        title: 'Repository',
        cell: (link) =>
            html`<span class="name one-line" title=${link.url}>${repositoryOf(link)}</span>
                ${link.branch && html` <span class="dim small">${link.branch}</span>`}`,
    },
    app: {
        title: 'App',
        cell: (link) => html`<a class="one-line app" href=${linkTo(['app', link.app_id])}
            title=${link.app_name ?? link.app_id}>${link.app_name ?? link.app_id}</a>`,
    },
    status: { title: 'Status', cell: (link) => html`<${State} word=${link.status} />${link.circuit_open && html`<${Circuit} />`}` },
    files: {
        title: 'Files',
        num: true,
        cell: (link) =>
            html`<span title=${link.bytes === null || link.bytes === undefined ? '' : bytes(link.bytes)}>
                ${count(link.files)}</span>`,
    },
    scanned: { title: 'Last scan', label: 'Last scan', cell: (link) => html`<${Time} at=${link.last_scanned_at} />` },
    error: { title: 'Last error', rest: true, cell: (link) => html`<${Whole} text=${link.last_error} />` },
    tries: { title: 'Tries', num: true, cell: (link) => count(link.retry_count) },
    act: { act: true, cell: (link) => html`<${LinkActions} link=${link} />` },
};

/* By name, in this order. */
export const linkColumns = (...names) => names.map((name) => columns[name]);

/* What the word on the button is about, for those who do not see the row. */
const about = (link) => html`<span class="unseen"> ${repositoryOf(link)}</span>`;

function LinkActions({ link }) {
    const name = linkScope(link);
    const button = (word, act) =>
        html`<${ActionButton} name=${name} look="row-size" act=${() => act(link)}>${word}${about(link)}<//>`;
    return html`
        <span class="row tight end">
            ${link.status === 'failed' && button('Retry', retryLink)}
            ${link.status === 'synced' && button('Update', snapshotLink)}
            ${button('Re-sync', askResync)}
        </span>`;
}
