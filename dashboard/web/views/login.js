/* The way in. */
import { html, useState } from '../core/html.js';
import { post } from '../core/api.js';
import { sessionBegan } from '../core/session.js';
import { useTitle } from '../parts/heading.js';

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
