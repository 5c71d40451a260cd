/*
 * Text that is longer than its place: the whole of it on hover, on focus and at a tap (which gives the focus); Escape, or a
 * tap elsewhere, closes it. It is drawn with a fixed
 * position, so that no panel cuts it off, and kept inside the window.
 */
import { html, useLayoutEffect, useRef, useState } from '../core/html.js';

const GAP = 6;
let nextId = 1;

function place(tip, anchor) {
    const at = anchor.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const below = at.bottom + GAP + size.height <= innerHeight;
    tip.style.left = Math.max(12, Math.min(at.left, innerWidth - size.width - 12)) + 'px';
    tip.style.top = (below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - size.height)) + 'px';
}

/* `text` is the whole; `label` what stands there, else the text itself, clipped. */
export function Whole({ text, label, look = 'clip trouble' }) {
    const [open, setOpen] = useState(false);
    const id = useRef(null);
    id.current ??= 'tip' + nextId++;
    const anchor = useRef(null);
    const tip = useRef(null);
    useLayoutEffect(() => {
        if (open) place(tip.current, anchor.current);
    }, [open]);
    if (!text) return null;
    const show = () => setOpen(true);
    const hide = () => setOpen(false);
    return html`
        <span onPointerEnter=${(event) => event.pointerType === 'mouse' && show()}
            onPointerLeave=${(event) => event.pointerType === 'mouse' && hide()}>
            <span class=${look} ref=${anchor} tabindex="0" role="note" aria-describedby=${open ? id.current : undefined}
                onFocus=${show} onBlur=${hide} onKeyDown=${(event) => event.key === 'Escape' && hide()}>${label ?? text}
                </span>
            ${open && html`<span class="tooltip" role="tooltip" id=${id.current} ref=${tip}>${text}</span>`}
        </span>`;
}
