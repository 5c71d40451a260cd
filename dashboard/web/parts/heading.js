/* The head of a view: where one is, what it is, what can be done with all of it. */
import { html, useEffect } from '../core/html.js';

/* The window's title follows the view, for history, tabs and readers. */
export function useTitle(title) {
    useEffect(() => {
        document.title = title ? title + ' · Reprise' : 'Reprise';
    }, [title]);
}

const back = ({ href, text }) => html`<span aria-hidden="true">← </span><a href=${href}>${text}</a>`;

/* `above`: [{href, text}], the way back, one step. */
export function Heading({ title, above = [], below, children }) {
    useTitle(title);
    return html`
        ${above.length > 0 && html`<nav class="crumbs" aria-label="Way back">${above.map(back)}</nav>`}
        <div class="heading">
            <div class="grow"><h1>${title}</h1>${below && html`<p class="dim">${below}</p>`}</div>
            ${children}
        </div>`;
}
