/* Registering apps and what they watch, and removing them. */
import { post, request } from '../core/api.js';
import { ask } from '../core/dialogs.js';
import { go } from '../core/router.js';
import { toast } from '../core/toasts.js';
import { count } from '../format/number.js';
import { idOf } from './start.js';

/* Empty fields are not given. */
const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));

/* `then()`: what shows the apps loads them again. */
export function askRegisterApp(then) {
    ask({
        title: 'Register an app',
        text: 'The client app that files are sent to. Its requests are signed with a key that both sides know.',
        fields: [
            { name: 'app_name', label: 'Name', value: '', required: true },
            {
                name: 'base_url',
                label: 'Address that requests go to',
                type: 'url',
                value: '',
                required: true,
                placeholder: 'https://client.example/hooks',
            },
            {
                name: 'client_auth_key',
                label: 'Key, if it has one (16 characters or more; else one is made)',
                value: '',
            },
        ],
        act: async (values) => {
            const app = await post('/admin/api/apps', given(values));
            toast(app.app_name + ' is registered');
            then();
            return app;
        },
        next: (app) => (app.client_auth_key ? theKey(app) : null),
        yes: 'Register',
        no: 'Not now',
    });
}

/* The app refuses what is signed with a key that it does not know. */
export function askReplaceKey(app) {
    ask({
        title: 'A new key for ' + app.app_name + '?',
        text: 'Requests are signed with the new key from then on. The app needs it at once: what it refuses meanwhile is tried again.',
        danger: 'The old key is forgotten.',
        act: async () => post('/admin/api/apps/' + idOf(app.app_id) + '/key', {}),
        next: (answer) => theKey(answer),
        yes: 'Make a new key',
    });
}

/* The one time that it can be read. */
function theKey(app) {
    return {
        title: 'The key of ' + app.app_name,
        text: 'It is shown this once: give it to the app now.',
        preview: async () => ({
            figures: [
                ['App', app.app_id],
                ['Key', app.client_auth_key, true],
            ],
        }),
        sticky: true,
        no: 'I have it',
    };
}

export function askAddRepository(app, then) {
    ask({
        title: 'Add a repository to ' + app.app_name,
        text: 'It is read for the first time within a minute, and all its files are sent.',
        fields: [
            { name: 'url', label: 'Address', value: '', required: true, placeholder: 'https://github.com/owner/name' },
            { name: 'branch', label: 'Branch (empty: the one that the repository names)', value: '' },
            { name: 'token', label: 'Token, if it is private', type: 'password', value: '' },
        ],
        act: async (values) => {
            await post('/admin/api/apps/' + idOf(app.app_id) + '/repositories', given(values));
            toast('Added to ' + app.app_name);
            then();
        },
        yes: 'Add',
        no: 'Not now',
    });
}

export function askRemoveApp(app) {
    ask({
        title: 'Remove ' + app.app_name + '?',
        text: 'Reprise forgets the app, what it watches and what it was sent. The app itself keeps its files.',
        danger: 'This cannot be undone.',
        preview: async () => ({ figures: [['Repositories', count(app.repositories_count)]] }),
        act: async () => {
            const answer = await request('DELETE', '/admin/api/apps/' + idOf(app.app_id));
            toast(answer.app_name + ' is removed');
            go(['apps']);
        },
        yes: 'Remove',
    });
}
