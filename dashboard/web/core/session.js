/* Whether somebody is logged in: unknown (null) until the server has said so. */
import { makeStore, useStore } from './store.js';

const session = makeStore(null);

export const useSession = () => useStore(session);
export const hasSession = () => session.get() === true;

export function sessionBegan() {
    session.set(true);
}

/* By logout, or because the server no longer knows it. */
export function sessionEnded() {
    session.set(false);
}
