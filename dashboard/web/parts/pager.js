/*
 * Pages of a list whose server does not count: by number as far as it passes over rows, deeper by cursor. There is a
 * next page if the server gave its cursor.
 */
import { html } from '../core/html.js';
import { pushParams, setParams, useRoute } from '../core/router.js';
import { count } from '../format/number.js';

const SIZES = ['10', '20', '50', '100'];
const USUAL = 50;
const PASSES_OVER = 10000;

/* What a list's request takes from the address: {limit, page} or {limit, cursor}. */
export function usePage(usual = USUAL) {
    const { params } = useRoute();
    const limit = SIZES.includes(params.limit) ? Number(params.limit) : usual;
    const number = Math.max(1, Math.floor(Number(params.page)) || 1);
    return {
        limit,
        number,
        cursor: params.cursor,
        params: params.cursor ? { limit, cursor: params.cursor } : { limit, page: number },
    };
}

/* `shown`: rows on this page; `next`: the server's cursor, null at the end; `total`: where it counted, else undefined;
 * `byCursor`: of a list whose pages have no numbers of their own, for each looks at a bounded number of rows. */
export function Pager({ page, shown, next, total, capped, byCursor }) {
    if (page.number === 1 && !next && shown <= Number(SIZES[0])) return null;
    const first = (page.number - 1) * page.limit + 1;
    const range = shown ? count(first) + ' to ' + count(first + shown - 1) : 'nothing';
    const whole = total === undefined ? '' : ' of ' + (capped ? 'more than ' : '') + count(total);
    return html`
        <nav class="pager" aria-label="Pages">
            <span class="dim small grow">${byCursor ? count(shown) + ' on this page' : range + whole}</span>
            <${Size} limit=${page.limit} />
            <${Turn} page=${page} next=${next} byCursor=${byCursor} />
        </nav>`;
}

function Size({ limit }) {
    return html`
        <label class="small dim row tight">per page
            <select value=${String(limit)}
                onChange=${(event) => setParams({ limit: event.target.value, page: '', cursor: '' })}>
                ${SIZES.map((size) => html`<option value=${size} selected=${size === String(limit)}>${size}</option>`)}
            </select>
        </label>`;
}

function Turn({ page, next, byCursor }) {
    const deep = byCursor || page.number * page.limit >= PASSES_OVER;
    const forward = () => pushParams({ page: String(page.number + 1), cursor: deep ? next : '' });
    const back = () =>
        page.cursor ? history.back() : pushParams({ page: page.number === 2 ? '' : String(page.number - 1) });
    return html`
        <button type="button" class="row-size" disabled=${page.number <= 1} onClick=${back}>Previous</button>
        <button type="button" class="row-size" disabled=${!next} onClick=${forward}>Next</button>`;
}
