/* By which clock exact times are shown: this computer's, or UTC as in the logs. It is remembered in this browser. */
import { makeStore, useStore } from './store.js';

const KEY = 'reprise.zone';
const zone = makeStore(localStorage.getItem(KEY) === 'UTC' ? 'UTC' : 'local');

export const useZone = () => useStore(zone);

export function turnZone() {
    zone.set(zone.get() === 'UTC' ? 'local' : 'UTC');
    localStorage.setItem(KEY, zone.get());
}
