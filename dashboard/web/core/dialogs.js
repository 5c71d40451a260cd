/* The one dialog that may be open, and what it asks. */
import { makeStore } from './store.js';

export const dialog = makeStore(null);

/*
 * Asks before something happens:
 *   title, text         what is asked, and what it means
 *   danger              marked as dangerous; the safe button has the focus
 *   preview()           gives the real numbers: {figures: [[label, text]], confirmation, text}
 *   fields              further questions: [{name, label, type, options, value}]
 *   act(values, preview)  does it; the dialog stays open, disabled, until it is done, and open if it is refused
 *   yes, no             words of the two buttons
 */
export function ask(question) {
    dialog.set(question);
}

export function closeDialog() {
    dialog.set(null);
}
