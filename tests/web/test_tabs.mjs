/* Many tabs of one browser: they share one stream of events, all are live, and all can still ask the server. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { House, eventually, rowOf } from './house.mjs';

const TABS = 9; // a browser opens six connections to a host

let house;
let acme;
before(async () => {
    house = await House.open();
    acme = house.installation.apps.Acme;
});
after(() => house.close());

/* Opens further tabs of the browser that `page` is in. */
async function openTabs(page, count, hash) {
    const tabs = [];
    for (let i = 0; i < count; i++) {
        const tab = await page.context().newPage();
        await tab.goto(house.url + '/' + hash);
        tabs.push(tab);
    }
    return tabs;
}

/* How many streams are open in the whole browser, as the pages' requests come and end. */
function countStreams(context) {
    const open = new Set();
    const isStream = (request) => request.url().endsWith('/admin/api/events');
    context.on('request', (request) => isStream(request) && open.add(request));
    context.on('requestfinished', (request) => open.delete(request));
    context.on('requestfailed', (request) => open.delete(request));
    return { get count() { return open.size; } }; // prettier-ignore
}

async function setHidden(page, hidden) {
    await page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
        document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
}

const statusOf = (tab, name, status) => rowOf(tab, 'Repositories', name).getByText(status);

test('nine tabs at once are all live, and each can start and pause things', async () => {
    const page = await house.visit('#/app/' + acme.app_id);
    const streams = countStreams(page.context());
    const tabs = await openTabs(page, TABS - 1, '#/app/' + acme.app_id);
    await Promise.all(tabs.map((tab) => statusOf(tab, 'repo-01', 'pending').waitFor()));
    assert.equal(streams.count, 0, 'the first tab has the one stream');
    const last = tabs[tabs.length - 1];
    await rowOf(last, 'Repositories', 'repo-01').getByRole('button', { name: 'Re-sync' }).click();
    await last.getByRole('dialog').getByText('Takes', { exact: true }).waitFor();
    await last.getByRole('button', { name: 'Send all again' }).click();
    await Promise.all([page, ...tabs].map((tab) => statusOf(tab, 'repo-01', 'synced').waitFor()));
    for (const tab of tabs) assert.equal(await tab.getByText('The server does not answer.').count(), 0);
    await house.leave(page);
});

test('another tab takes the stream over when the one that has it is closed', async () => {
    const page = await house.visit('#/app/' + acme.app_id);
    const streams = countStreams(page.context());
    const tabs = await openTabs(page, 2, '#/app/' + acme.app_id);
    await Promise.all(tabs.map((tab) => statusOf(tab, 'repo-02', 'pending').waitFor()));
    await page.close();
    await eventually(() => streams.count === 1, 'one of the other tabs opens a stream');
    await house.ask('producer', ['resync', acme.app_id, acme.links['repo-02']]);
    await Promise.all(tabs.map((tab) => statusOf(tab, 'repo-02', 'synced').waitFor()));
    assert.equal(streams.count, 1);
    await house.leave(page);
});

test('a hidden tab has no stream, and shows what happened meanwhile when it is looked at again', async () => {
    const page = await house.visit('#/', { login: false });
    const streams = countStreams(page.context());
    await house.logIn(page);
    await page.goto(house.url + '/#/app/' + acme.app_id);
    await statusOf(page, 'repo-03', 'pending').waitFor();
    await eventually(() => streams.count === 1, 'a tab that is seen has a stream');
    await setHidden(page, true);
    await eventually(() => streams.count === 0, 'a hidden tab closes it');
    const { operation_id: id } = await house.ask('producer', ['resync', acme.app_id, acme.links['repo-03']]);
    await eventually(
        async () => (await house.ask('producer', ['progress', id])).state === 'completed',
        'the operation ends',
    );
    assert.equal(await statusOf(page, 'repo-03', 'pending').count(), 1);
    await setHidden(page, false);
    await statusOf(page, 'repo-03', 'synced').waitFor();
    await eventually(() => streams.count === 1, 'it has a stream again');
    await house.leave(page);
});

test('a request that waits for a connection is no sign that the server is away', async () => {
    const page = await house.visit('#/apps');
    await rowOf(page, 'Apps', 'Acme Docs').waitFor();
    const held = [];
    await page.route('**/admin/api/notifications/failed*', (route) => held.push(route)); // as where all connections are taken
    await page.goto(house.url + '/#/failed');
    await page.getByText(/No answer for 20 s, though the server is there/).waitFor({ timeout: 60000 });
    assert.equal(await page.getByText('The server does not answer.').count(), 0);
    await Promise.all(held.map((route) => route.abort().catch(() => {})));
    await page.context().close();
});
