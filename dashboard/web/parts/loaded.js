/* What stands in a view's place until its data is there, or when there is none. */
import { html } from '../core/html.js';

/* `load` is what useLoad gave; `children` a function of its data. */
export function Loaded({ load, children }) {
    if (load.data !== null) return children(load.data);
    if (load.error && !load.error.away) return html`<div class="panel empty" role="alert">${load.error.message}</div>`;
    return html`<div class="panel empty" aria-busy="true">Loading…</div>`;
}
