/* The corner with the short messages. Both regions exist from the start, so that screen readers announce what enters them. */
import { html } from '../core/html.js';
import { useStore } from '../core/store.js';
import { closeToast, toasts } from '../core/toasts.js';

function Toast({ one }) {
    return html`
        <div class="toast ${one.trouble ? 'trouble' : ''}">
            <span class="grow">${one.text}${one.link && html` <a href=${one.link.href}>${one.link.text}</a>`}</span>
            <button type="button" aria-label="Close" onClick=${() => closeToast(one.id)}>×</button>
        </div>`;
}

export function Toasts() {
    const all = useStore(toasts);
    const some = (trouble) =>
        all.filter((one) => one.trouble === trouble).map((one) => html`<${Toast} one=${one} key=${one.id} />`);
    return html`<div class="toasts"><div role="status">${some(false)}</div><div role="alert">${some(true)}</div></div>`;
}
