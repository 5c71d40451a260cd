/* Where we are is the hash, filters included: every view can be linked to, and the back button works. */
import { makeStore, useStore } from './store.js';

/* "#/history?status=failed" to {path: ["history"], params: {status: "failed"}} */
function parse(hash) {
    const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
    return {
        path: path.split('/').filter(Boolean).map(decoded),
        params: Object.fromEntries(new URLSearchParams(query)),
    };
}

function decoded(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text; // typed by hand, and wrongly: the view will say that there is no such thing
    }
}

const route = makeStore(parse(location.hash));
addEventListener('hashchange', () => route.set(parse(location.hash)));

/* The hash of a place; parameters that are empty are left out. */
export function linkTo(path, params = {}) {
    const given = Object.entries(params).filter(([, value]) => value !== '' && value !== undefined && value !== null);
    const query = new URLSearchParams(given).toString();
    return '#/' + path.map(encodeURIComponent).join('/') + (query ? '?' + query : '');
}

export function go(path, params) {
    location.hash = linkTo(path, params);
}

/* Changes parameters of where we are. Typing in a filter must not fill the history, hence `replace`. */
export function setParams(changes) {
    const { path, params } = route.get();
    history.replaceState(null, '', linkTo(path, { ...params, ...changes }));
    route.set(parse(location.hash));
}

/* The same as a step that the back button undoes: pages. */
export function pushParams(changes) {
    const { path, params } = route.get();
    go(path, { ...params, ...changes });
}

export function useRoute() {
    return useStore(route);
}
