/* Loads the page, and says so in words if it cannot be: without it nothing else could. What it will ask is sent first. */
import { sendEarly } from './core/early.js';

const TEXT =
    'The page could not be loaded. Either the server did not answer just now (load it again), or this program was ' +
    'built without the libraries of its page (REPRISE_PAGE=OFF).';

sendEarly();
import('./page.js').catch((error) => {
    console.error(error);
    const place = document.getElementById('page');
    place.setAttribute('role', 'alert');
    place.textContent = TEXT;
});
