/* The first visit over a slow line: few turns with the server, few bytes; and nothing is asked for twice. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { House } from './house.mjs';

const LINE = { offline: false, latency: 600, downloadThroughput: 40 * 1024, uploadThroughput: 40 * 1024 };
const PAGE_BYTES_MAX = 120 * 1024; // compressed, charts included
const FIRST_BYTES_MAX = 60 * 1024; // until the first rows

let house;
before(async () => {
    house = await House.open();
    const { operation_id: id } = await house.ask('producer', ['run', 'noop', 'count=3', '--yes']);
    await house.ask('await_end', id); // so that there is something to draw
});
after(() => house.close());

/* What the browser received, by CDP: bytes on the wire by URL path, in the order of their requests. */
async function watchBytes(page) {
    const cdp = await page.context().newCDPSession(page);
    const urls = new Map();
    const seen = { order: [], bytes: new Map(), times: [], from: Date.now() };
    await cdp.send('Network.enable');
    cdp.on('Network.requestWillBeSent', ({ requestId, request }) => {
        const path = new URL(request.url).pathname;
        urls.set(requestId, path);
        seen.order.push(path);
        seen.times.push(path + ' ' + (Date.now() - seen.from));
    });
    cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
        seen.bytes.set(urls.get(requestId), (seen.bytes.get(urls.get(requestId)) ?? 0) + encodedDataLength),
    );
    return { cdp, seen };
}

const sum = (seen, wanted) =>
    [...seen.bytes].filter(([path]) => wanted(path)).reduce((total, [, bytes]) => total + bytes, 0);

test('the first rows come after one turn for the page and one for what it shows', async () => {
    const page = await house.visit('#/');
    const { cdp, seen } = await watchBytes(page);
    await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
    await cdp.send('Network.emulateNetworkConditions', LINE);
    await page.goto('about:blank');
    seen.order.length = 0;
    seen.bytes.clear();
    seen.times.length = 0;
    const sentAt = (seen.from = Date.now());
    await page.goto(house.url + '/#/', { waitUntil: 'commit' });
    await page.getByRole('table', { name: 'Workers' }).getByRole('row').nth(1).waitFor();
    console.log('first rows after ' + (Date.now() - sentAt) + ' ms at 600 ms and 40 KiB/s: ' + seen.times.join(', '));
    const isAsset = (path) => path.startsWith('/assets/') || path === '/' || path === '/icon.svg';
    const firstBytes = sum(seen, () => true);
    assert.ok(firstBytes <= FIRST_BYTES_MAX, 'until the first rows: ' + firstBytes + ' bytes');
    const script = seen.order.findIndex((path) => path.startsWith('/assets/page-') && path.endsWith('.js'));
    const asked = seen.order.indexOf('/admin/api/overview');
    assert.ok(script >= 0 && asked >= 0, seen.order.join(' '));
    await page.locator('.chart canvas').first().waitFor({ timeout: 60000 });
    const pageBytes = sum(seen, isAsset);
    console.log('the page has ' + pageBytes + ' bytes, ' + firstBytes + ' in all until the first rows');
    assert.ok(pageBytes <= PAGE_BYTES_MAX, 'the whole page: ' + pageBytes + ' bytes');
    assert.equal(seen.order.filter((one) => one === '/admin/api/session').length, 1, 'asked once, early');
    assert.ok(seen.order.filter(isAsset).length <= 8, 'few files: ' + seen.order.filter(isAsset).join(' '));
    await house.leave(page);
});

test('a second visit asks for none of the modules again', async () => {
    const page = await house.visit('#/apps');
    const { seen } = await watchBytes(page);
    await page.goto('about:blank');
    seen.bytes.clear();
    await page.goto(house.url + '/#/apps');
    await page.getByRole('table', { name: 'Apps' }).waitFor();
    assert.equal(sum(seen, (path) => path?.startsWith('/assets/')), 0, 'they come from the browser\'s own cache');
    await house.leave(page);
});
