/* A sum in dollars, exact on hover. */
import { html } from '../core/html.js';
import { dollars, exactDollars } from '../format/money.js';

export function Money({ value }) {
    return html`<span title=${exactDollars(value)}>${dollars(value)}</span>`;
}
