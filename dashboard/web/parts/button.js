/* A button that starts something: disabled while that is under way, wherever the same thing can be started. */
import { html } from '../core/html.js';
import { onlyOnce, useBusy } from '../core/busy.js';

/* `name`: what is under way, e.g. "link app_…/repo_…": buttons of one name are disabled together. */
export function ActionButton({ name, act, look = '', disabled, children, title }) {
    const busy = useBusy(name);
    return html`<button type="button" class=${look} title=${title} disabled=${disabled || busy} aria-busy=${busy}
        onClick=${() => onlyOnce(name, act)}>${children}</button>`;
}
