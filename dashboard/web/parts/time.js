/* A time: relative, the exact one on hover. A length of time likewise stands in one form everywhere. */
import { html } from '../core/html.js';
import { useNow } from '../core/ticker.js';
import { useZone } from '../core/zone.js';
import { duration, exact, relative } from '../format/time.js';

export function Time({ at, never = 'never' }) {
    const now = useNow();
    const zone = useZone();
    const ms = at ? Date.parse(at) : NaN;
    if (Number.isNaN(ms)) return html`<span class="dim">${never}</span>`;
    return html`<time class="dim nowrap" datetime=${at} title=${exact(ms, zone)}>${relative(ms, now)}</time>`;
}

/* How long it has been, or was: from `from` to `to`, or to now. */
export function Elapsed({ from, to }) {
    const now = useNow();
    if (!from) return html`<span class="dim">—</span>`;
    return html`<span class="nowrap">${duration((to ? Date.parse(to) : now) - Date.parse(from))}</span>`;
}
