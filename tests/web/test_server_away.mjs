/* The server dies and comes back while a page is open; events that do not come; Redis that is away. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { House, eventually, rowOf } from './house.mjs';

let house;
before(async () => {
    house = await House.open();
});
after(() => house.close());

test('the page says that the server is away, keeps what it showed, and recovers by itself', async () => {
    const page = await house.visit('#/apps');
    page.watched.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
    await rowOf(page, 'Apps', 'Acme Docs').waitFor();
    await house.ask('kill');
    await page.getByText('The server does not answer.').waitFor();
    await rowOf(page, 'Apps', 'Acme Docs').waitFor();
    await house.shot(page, 'server-away');
    await house.ask('producer', ['add-app', 'Late app', 'https://client.example/hooks']);
    await house.ask('start');
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
    await rowOf(page, 'Apps', 'Late app').waitFor();
    await house.leave(page);
});

test('events come again after that: a bar moves without a reload', async () => {
    const page = await house.visit('#/app/' + house.installation.apps.Beta.app_id);
    page.watched.expect(/ERR_/);
    await house.ask('kill');
    await page.getByText('The server does not answer.').waitFor();
    await house.ask('start');
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
    await rowOf(page, 'Repositories', 'good').getByRole('button', { name: 'Re-sync' }).click();
    await page.getByRole('dialog').getByText('Takes', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Send all again' }).click();
    await rowOf(page, 'Repositories', 'good').getByText('synced').waitFor();
    await house.leave(page);
});

test('a stream that the server ends is asked for again, and the page shows nothing of it', async () => {
    await house.ask('kill');
    await house.ask('start', { REPRISE_DASHBOARD_STREAM_LIFE: '1s' });
    const { Acme } = house.installation.apps;
    const page = await house.visit('#/app/' + Acme.app_id);
    const streams = [];
    page.on('request', (request) => request.url().endsWith('/admin/api/events') && streams.push(request));
    await eventually(async () => streams.length > 0, 'the stream is asked for again');
    assert.equal(await page.getByText('The server does not answer.').count(), 0);
    await house.ask('producer', ['resync', Acme.app_id, Acme.links['repo-05']]);
    await rowOf(page, 'Repositories', 'repo-05').getByText('synced').waitFor();
    await house.leave(page);
    await house.ask('kill');
    await house.ask('start');
});

test('where events do not come the page asks instead', async () => {
    const page = await house.visit('#/', { login: false });
    page.watched.expect(/events/);
    await page.route('**/admin/api/events', (route) => route.abort());
    await house.logIn(page);
    await page.goto(house.url + '/#/app/' + house.installation.apps.Acme.app_id);
    const row = rowOf(page, 'Repositories', 'repo-07');
    await row.getByText('pending').waitFor();
    await house.ask('producer', [
        'resync',
        house.installation.apps.Acme.app_id,
        house.installation.apps.Acme.links['repo-07'],
    ]);
    await row.getByText('synced').waitFor();
    await house.leave(page);
});

test('without Redis the page says so, shows what PostgreSQL knows, and what was asked for begins when it is back', async () => {
    const page = await house.visit('#/');
    await page.getByText('1 worker on 1 host').waitFor();
    await house.ask('kill_redis');
    await page.getByRole('table', { name: 'Needs attention' }).getByText('Redis does not answer').waitFor();
    await house.shot(page, 'redis-away');
    await page.goto(house.url + '/#/app/' + house.installation.apps.Acme.app_id);
    const row = rowOf(page, 'Repositories', 'repo-09');
    await row.getByRole('button', { name: 'Re-sync' }).click();
    await page.getByRole('dialog').getByText('Takes', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Send all again' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await house.ask('start_redis');
    await row.getByText('synced').waitFor();
    await house.leave(page);
});
