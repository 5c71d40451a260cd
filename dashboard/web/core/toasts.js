/* Short messages in the corner. What went wrong stays longer: long enough to be read twice. */
import { makeStore } from './store.js';

const STAYS_MS = 7000;
const TROUBLE_STAYS_MS = 30000;
const AT_MOST = 4;

export const toasts = makeStore([]);
let next = 1;

/* `link`: {href, text}, optional. */
export function toast(text, link) {
    const id = add({ text, link, trouble: false });
    setTimeout(() => closeToast(id), STAYS_MS);
}

export function toastTrouble(error) {
    const id = add({ text: error.message ?? String(error), trouble: true });
    setTimeout(() => closeToast(id), TROUBLE_STAYS_MS);
}

export function closeToast(id) {
    toasts.set(toasts.get().filter((one) => one.id !== id));
}

function add(one) {
    const id = next++;
    toasts.set([...toasts.get(), { ...one, id }].slice(-AT_MOST));
    return id;
}
