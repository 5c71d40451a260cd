/*
 * Whether the user is logged in. The cookie is out of reach here, so that a mark says whether it is worth asking the
 * server: null = worth asking, not answered yet. 'ending' = the user is logging out.
 */
import { makeStore, useStore } from './store.js';

const MARK = 'reprise.session';

const session = makeStore(localStorage.getItem(MARK) ? null : false);

export const useSession = () => useStore(session);

export function sessionBegan() {
    localStorage.setItem(MARK, 'yes');
    session.set(true);
}

/* The user logs out: the views are closed first, since whatever they have asked for would be refused. */
export const sessionEnding = () => session.set('ending');

/* By logout, or because the server no longer knows it. */
export function sessionEnded() {
    localStorage.removeItem(MARK);
    session.set(false);
}
