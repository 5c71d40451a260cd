/* A value that views can watch: the smallest thing that keeps toasts, dialogs and the session out of the views. */
import { useEffect, useState } from './html.js';

export function makeStore(first) {
    let value = first;
    const watchers = new Set();
    return {
        get: () => value,
        set(next) {
            if (next === value) return;
            value = next;
            for (const watcher of [...watchers]) watcher(value);
        },
        watch(watcher) {
            watchers.add(watcher);
            return () => watchers.delete(watcher);
        },
    };
}

export function useStore(store) {
    const [value, setValue] = useState(store.get());
    useEffect(() => {
        setValue(store.get()); // it may have changed between the first drawing and now
        return store.watch(setValue);
    }, [store]);
    return value;
}
