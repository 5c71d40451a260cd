/* What is under way, by name: every button of one name is disabled meanwhile, so that nothing can be started twice. */
import { makeStore, useStore } from './store.js';
import { toastTrouble } from './toasts.js';

const names = makeStore(new Set());

export function useBusy(name) {
    return useStore(names).has(name);
}

/* Runs `action` unless one of that name runs; a refusal becomes a toast. What it gave, or undefined. */
export async function onlyOnce(name, action) {
    if (names.get().has(name)) return undefined;
    names.set(new Set([...names.get(), name]));
    try {
        return await action();
    } catch (error) {
        toastTrouble(error);
        return undefined;
    } finally {
        const left = new Set(names.get());
        left.delete(name);
        names.set(left);
    }
}
