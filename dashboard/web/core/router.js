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

/* Where each entry of the history was scrolled to. An entry that was there before carries a number: going back or forward
 * comes to one of these, a link to a new one. */
const scrolls = new Map();
let entry = 0;
let came = null; // the number of the entry that Back or Forward came to
history.scrollRestoration = 'manual';

function markEntry(state) {
    came = state?.entry ?? null;
    entry = came ?? performance.now() + Math.random();
    history.replaceState({ entry }, '');
}
markEntry(history.state);
addEventListener('popstate', (event) => markEntry(event.state));
addEventListener('scroll', () => scrolls.set(entry, scrollY), { passive: true });

/* The place to scroll to in a view that was just entered: where it was left, if Back or Forward led here, else its top. */
export const scrollOfEntry = () => (came === null ? 0 : (scrolls.get(came) ?? 0));

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
    history.replaceState({ entry }, '', linkTo(path, { ...params, ...changes }));
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
