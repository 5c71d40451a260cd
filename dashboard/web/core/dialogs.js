/* The one dialog that may be open, and what it asks. */
import { makeStore } from './store.js';

export const dialog = makeStore(null);

/*
 * Asks before something happens:
 *   title, text         what is asked, and what it means
 *   danger              marked as dangerous; the safe button has the focus
 *   preview()           gives the real numbers: {figures: [[label, text, copies]], confirmation, text, link}; `copies`: with a button
 *   look                {text, act(values, tell, signal)}: a longer look, by a button of that text; gives {figures, title, lines}
 *   fields              further questions: [{name, label, type, options, value}]
 *   act(values, preview)  does it; the dialog stays open, disabled, until it is done, and open if it is refused
 *   next(done)          given what `act` gave: the next question, if there is one
 *   sticky              Escape does not close it: what it shows cannot be seen again
 *   yes, no             words of the two buttons; without `yes` there is nothing to do but to read
 */
export function ask(question) {
    dialog.set(question);
}

export function closeDialog() {
    dialog.set(null);
}
