/* Relative times grow older on their own: one clock for all of them. */
import { makeStore, useStore } from './store.js';

const EVERY_MS = 5000;

const now = makeStore(Date.now());
setInterval(() => now.set(Date.now()), EVERY_MS);

export function useNow() {
    return Math.max(useStore(now), Date.now());
}
