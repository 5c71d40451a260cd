/* Fields above a list. What they say stands in the address, so a filtered list can be linked to. */
import { html, useEffect, useRef, useState } from '../core/html.js';
import { pushParams, setParams } from '../core/router.js';

const TYPING_MS = 300;

/* Any change goes back to the first page. What is chosen is a step that the back button undoes; typing is not. */
const firstPage = { page: '', cursor: '' };
const choose = (name, value) => pushParams({ [name]: value, ...firstPage });
const change = (name, value) => setParams({ [name]: value, ...firstPage });

export function Select({ name, label, value = '', options }) {
    return html`
        <label>${label || html`<span class="unseen">${name}</span>`}
        <select name=${name} value=${value} onChange=${(event) => choose(name, event.target.value)}>
            ${options.map(([option, text]) => html`<option value=${option} selected=${option === value}>${text}</option>`)}
        </select></label>`;
}

export function DateField({ name, label, value = '' }) {
    return html`<label>${label}<input type="date" name=${name} value=${value}
        onChange=${(event) => choose(name, event.target.value)} /></label>`;
}

/* Waits until the typing pauses. `atLeast`: fewer characters are not searched for. */
export function Search({ name = 'search', label = 'Search', value = '', placeholder, atLeast = 1 }) {
    const [text, setText] = useState(value);
    const timer = useRef(null);
    useEffect(() => () => clearTimeout(timer.current), []);
    function type(next) {
        setText(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => change(name, next.trim().length >= atLeast ? next.trim() : ''), TYPING_MS);
    }
    return html`<label>${label}<input type="search" name=${name} value=${text} placeholder=${placeholder}
        onInput=${(event) => type(event.target.value)} /></label>`;
}
