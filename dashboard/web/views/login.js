/* The way in. */
import { html, useState } from '../core/html.js';
import { get, post } from '../core/api.js';
import { sessionBegan } from '../core/session.js';
import { useTitle } from '../parts/heading.js';

const NOT_KEPT =
    'The password is right, but the browser does not send the cookie of the session. Cookies of this page must be allowed.';

/* What a browser does not keep shows at the next request only; the form must not come back without a word. */
async function askWhetherKept() {
    try {
        await get('/admin/api/session');
    } catch (error) {
        throw error.status === 401 ? new Error(NOT_KEPT) : error;
    }
}

export function Login() {
    useTitle('Log in');
    const [trouble, setTrouble] = useState(null);
    const [busy, setBusy] = useState(false);
    async function logIn(event) {
        event.preventDefault();
        const { username, password } = Object.fromEntries(new FormData(event.target));
        setBusy(true);
        setTrouble(null);
        try {
            await post('/admin/api/login', { username, password });
            await askWhetherKept();
            sessionBegan();
        } catch (error) {
            setTrouble(error.message);
            setBusy(false);
        }
    }
    return html`
        <main class="login" id="main">
            <div class="brand">Re<b>prise</b></div>
            <form class="panel" onSubmit=${logIn}>
                <h1>Log in</h1>
                <label>Name<input name="username" autocomplete="username" autocapitalize="none" required autofocus />
                </label>
                <label>Password<input name="password" type="password" autocomplete="current-password" required />
                </label>
                <div role="alert" class="trouble">${trouble}</div>
                <button class="primary" disabled=${busy}>${busy ? 'One moment…' : 'Log in'}</button>
            </form>
        </main>`;
}
