/*
 * The dialog that asks first. It is the browser's own: it keeps the focus inside, Escape closes it, and the focus goes
 * back to where it was. Of a dangerous question the safe answer has the focus; what is asked for text, its first field.
 */
import { html, useEffect, useRef, useState } from '../core/html.js';
import { useStore } from '../core/store.js';
import { ask, closeDialog, dialog } from '../core/dialogs.js';

export function DialogHost() {
    const question = useStore(dialog);
    return question && html`<${Dialog} question=${question} key=${question.title} />`;
}

const asAsked = ({ fields = [] }) => Object.fromEntries(fields.map((field) => [field.name, field.value]));

function Dialog({ question }) {
    const box = useRef(null);
    const [values, setValues] = useState(() => question.given ?? asAsked(question));
    question.given = values; // where the session ends meanwhile, the dialog is asked again as it was left
    const preview = usePreview(question, values);
    const { acting, refusal, act } = useAct(question, values, preview);
    useEffect(() => {
        box.current.showModal();
        (box.current.querySelector('[data-first]') ?? box.current.querySelector('input, select')).focus();
    }, []);
    const first = question.danger || !question.yes ? 'no' : question.fields ? 'field' : 'yes';
    return html`
        <dialog ref=${box} class=${question.danger ? 'danger' : ''} aria-labelledby="dialog-title"
            onKeyDown=${(event) => question.sticky && event.key === 'Escape' && event.preventDefault()}
            onCancel=${(event) => question.sticky && event.preventDefault()}
            onClose=${() => dialog.get() === question && closeDialog()}>
            <form method="dialog" onSubmit=${(event) => {
                event.preventDefault();
                act();
            }}>
                <h3 id="dialog-title">${question.title}</h3>
                ${question.text && html`<div class="dim">${question.text}</div>`}
                ${question.fields && html`<${Fields} fields=${question.fields} values=${values} disabled=${acting} set=${setValues} />`}
                ${question.danger && html`<p class="warning">${question.danger}</p>`}
                <${Preview} preview=${preview} />
                ${question.look && preview.state === 'known' && html`<${Look} look=${question.look} values=${values}
                    key=${JSON.stringify(values)} />`}
                ${refusal && html`<p class="trouble" role="alert">${refusal}</p>`}
                <div class="row closing">
                    ${question.note && html`<span class="grow dim small">${question.note}</span>`}
                    <button type="button" data-first=${first === 'no' ? true : undefined}
                        onClick=${() => box.current.close()}>${question.no ?? 'Keep as it is'}</button>
                    ${
                        question.yes &&
                        html`<button type="submit" class="primary ${question.danger ? 'danger' : ''}"
                            data-first=${first === 'yes' ? true : undefined}
                        disabled=${acting || preview.state === 'loading' || preview.state === 'refused'}>
                        ${acting ? 'One moment…' : question.yes}</button>`
                    }
                </div>
            </form>
        </dialog>`;
}

/* The real numbers, asked for again when a field changes what would be done. */
function usePreview(question, values) {
    const [preview, setPreview] = useState({ state: question.preview ? 'loading' : 'none' });
    const key = JSON.stringify(values);
    useEffect(() => {
        if (!question.preview) return undefined;
        let wanted = true;
        setPreview({ state: 'loading' });
        question.preview(values).then(
            (found) => wanted && setPreview({ state: 'known', ...found }),
            (error) => wanted && setPreview({ state: 'refused', text: error.message }),
        );
        return () => {
            wanted = false;
        };
    }, [key]);
    return preview;
}

/* A second click finds `acting` set before the first has got anywhere. */
function useAct(question, values, preview) {
    const [acting, setActing] = useState(false);
    const [refusal, setRefusal] = useState(null);
    const running = useRef(false);
    async function act() {
        if (running.current) return;
        running.current = true;
        setActing(true);
        setRefusal(null);
        try {
            const done = await question.act(values, preview);
            const next = question.next?.(done);
            if (next) ask(next);
            else closeDialog();
        } catch (error) {
            setRefusal(error.message);
        }
        running.current = false;
        setActing(false);
    }
    return { acting, refusal, act };
}

/* A look that takes its time: begun by a button, told of meanwhile, given up with the dialog or when a field changes. */
function Look({ look, values }) {
    const [seen, setSeen] = useState({ state: 'none' });
    const abort = useRef(null);
    useEffect(() => () => abort.current?.abort(), []);
    async function begin() {
        abort.current = new AbortController();
        const { signal } = abort.current;
        const show = (next) => signal.aborted || setSeen(next);
        show({ state: 'looking', text: 'One moment…' });
        try {
            show({ state: 'known', ...(await look.act(values, (text) => show({ state: 'looking', text }), signal)) });
        } catch (error) {
            show({ state: 'refused', text: error.message });
        }
    }
    if (seen.state === 'none') return html`<button type="button" class="row-size" onClick=${begin}>${look.text}</button>`;
    if (seen.state === 'looking') return html`<div class="figures dim" aria-busy="true" role="status">${seen.text}</div>`;
    if (seen.state === 'refused') return html`<p class="trouble" role="alert">${seen.text}</p>`;
    return html`
        <dl class="figures">${seen.figures.map(([label, text]) => html`<dt>${label}</dt><dd>${text}</dd>`)}</dl>
        ${seen.title && html`<p class="dim">${seen.title}</p><ul class="mono small lines">${seen.lines.map((line) => html`<li>${line}</li>`)}</ul>`}`;
}

function Preview({ preview }) {
    if (preview.state === 'none') return null;
    if (preview.state === 'loading')
        return html`<div class="figures dim" aria-busy="true">Counting what it would do…</div>`;
    if (preview.state === 'refused') return html`<p class="trouble" role="alert">${preview.text}</p>`;
    return html`
        ${preview.text && html`<p class="dim">${preview.text} ${preview.link && html`<a href=${preview.link.href}
            onClick=${closeDialog}>${preview.link.text}</a>`}</p>`}
        <dl class="figures">${preview.figures.map(([label, text, copies]) => html`<dt>${label}</dt><dd>${text}
            ${copies && html` <${Copy} text=${text} />`}</dd>`)}</dl>`;
}

/* Puts a text into the clipboard, and says so. Where the browser refuses, the text can be selected. */
function Copy({ text }) {
    const [done, setDone] = useState(false);
    const copy = () => navigator.clipboard.writeText(text).then(() => setDone(true), () => setDone(false));
    return html`<button type="button" class="row-size" onClick=${copy}>${done ? 'Copied' : 'Copy'}</button>`;
}

function Fields({ fields, values, disabled, set }) {
    const change = (name, value) => set({ ...values, [name]: value });
    return html`<div class="fields">
        ${fields.map((field) => html`<${Field} field=${field} value=${values[field.name]} disabled=${disabled} change=${change} />`)}</div>`;
}

function Field({ field, value, disabled, change }) {
    if (field.type === 'check') {
        return html`<label class="check"><input type="checkbox" checked=${value} disabled=${disabled}
            onChange=${(event) => change(field.name, event.target.checked)} />${field.label}</label>`;
    }
    if (field.options) {
        return html`<label>${field.label}<select disabled=${disabled} value=${value}
            onChange=${(event) => change(field.name, event.target.value)}>
            ${field.options.map(([option, text]) => html`<option value=${option} selected=${option === value}>${text}</option>`)}</select></label>`;
    }
    return html`<label>${field.label}<input type=${field.type ?? 'text'} value=${value} disabled=${disabled}
        required=${field.required}
        placeholder=${field.placeholder} onInput=${(event) => change(field.name, event.target.value)} /></label>`;
}
