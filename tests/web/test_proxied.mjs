/* The page behind a proxy: below a path of its own, and where the stream of events is held back. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { House, eventually, rowOf } from './house.mjs';
import { Proxy } from './proxy.mjs';

const BELOW = '/reprise';
const TICKS_MS = 6000; // three of the page's

let house;
before(async () => {
    house = await House.open();
});
after(() => house.close());

test('behind a proxy that takes its path off, the page works: views, events, log-out', async () => {
    const proxy = await Proxy.open(house.url, BELOW);
    const page = await house.visit('#/app/' + house.installation.apps.Acme.app_id, { url: proxy.url });
    const elsewhere = [];
    page.on('request', (one) => one.url().startsWith(proxy.url + '/') || elsewhere.push(one.url()));
    await house.ask('producer', ['resync', house.installation.apps.Acme.app_id, house.installation.apps.Acme.links['repo-01']]);
    await rowOf(page, 'Repositories', 'repo-01').getByText('synced').waitFor();
    await page.reload();
    await rowOf(page, 'Repositories', 'repo-01').getByText('synced').waitFor();
    assert.ok(proxy.streams > 0);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    assert.deepEqual(elsewhere, []);
    await house.leave(page);
    proxy.close();
});

test('with dashboard.base_path the path may be passed on, and the cookie is for what is below it', async () => {
    await house.ask('kill');
    await house.ask('start', { REPRISE_DASHBOARD_BASE_PATH: BELOW });
    const page = await house.visit('#/apps', { url: house.url + BELOW });
    await rowOf(page, 'Apps', 'Acme Docs').waitFor();
    assert.deepEqual(
        (await page.context().cookies(house.url + BELOW + '/')).map((one) => one.path),
        [BELOW + '/'],
    );
    await page.goto(house.url + BELOW);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    assert.match(page.url(), /\/reprise\/(#.*)?$/);
    await house.leave(page);
    await house.ask('kill');
    await house.ask('start');
});

test('where a proxy holds back the stream the page asks instead, and listens again when it comes', async () => {
    const proxy = await Proxy.open(house.url);
    proxy.collects = true;
    const page = await house.visit('#/app/' + house.installation.apps.Acme.app_id, { url: proxy.url });
    const row = rowOf(page, 'Repositories', 'repo-03');
    await row.getByText('pending').waitFor();
    await house.ask('producer', ['resync', house.installation.apps.Acme.app_id, house.installation.apps.Acme.links['repo-03']]);
    await row.getByText('synced').waitFor();
    proxy.collects = false;
    const streams = proxy.streams;
    let asked = Date.now();
    page.on('request', () => (asked = Date.now()));
    await eventually(() => proxy.streams > streams, 'the stream is asked for again', 60000);
    await eventually(() => Date.now() - asked > TICKS_MS, 'the page no longer asks every two seconds', 60000);
    await house.leave(page);
    proxy.close();
});
