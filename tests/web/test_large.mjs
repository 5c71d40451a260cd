/*
 * A database that has grown: pages stay small and smooth, and a bar follows the commits of an operation while five hundred
 * others listen. REPRISE_CHAOS=long makes it a million runs, 200 000 links and operations of a million jobs, and holds times
 * against their bounds; the usual form, on machines that do other things too, only says what they were.
 */
import assert from 'node:assert/strict';
import { Agent, get, request } from 'node:http';
import test, { after, before } from 'node:test';
import { House, eventually } from './house.mjs';

const LONG = process.env.REPRISE_CHAOS === 'long';
const SIZE = LONG ? { runs: 1e6, links: 2e5, jobs: 1e6 } : { runs: 2e4, links: 2e3, jobs: 2e4 };
const LIVE_JOBS = LONG ? 1e6 : 3e5;
const LISTENERS = 500;
const NODES_MAX = 6000;
const TASK_MAX_MS = 200;
const DELAY_MAX_MS = 200;
const BIG_APP = 'app_' + '1'.padStart(24, '0');

/* Where to go, and what can be typed there. */
const VIEWS = [
    ['overview', '#/'],
    ['apps', '#/apps'],
    ['app', '#/app/' + BIG_APP],
    ['repositories', '#/repositories?limit=100', 'service-7'],
    ['failed', '#/failed?limit=100'],
    ['operations', '#/operations?limit=100'],
    ['running', '#/operation/op_big_running?limit=100'],
    ['ended', '#/operation/op_big_ended?limit=100'],
    ['history', '#/history?limit=100', 'mamlpg'],
    ['stale', '#/stale?limit=100'],
    ['queue', '#/queue'],
];

let house;

before(async () => {
    house = await House.open();
    await house.ask('fill', SIZE);
});
after(() => house?.close());

const rowsOf = (page) => page.locator('tbody tr').count();

/* Notes the tasks that hold up the page; asks for them, and for the size of the document. */
const noteTasks = (page) =>
    page.evaluate(() => {
        window.longTasks = [];
        new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((one) => one.duration))).observe({
            type: 'longtask',
        });
    });
const worstTask = (page) => page.evaluate(() => Math.max(0, ...window.longTasks));
const nodes = (page) => page.evaluate(() => document.getElementsByTagName('*').length);

/* Two looks in a row see the same. */
async function stands(page) {
    let before = 0;
    await eventually(async () => before === (before = await nodes(page)), 'the page stands still');
}

async function scroll(page) {
    for (const down of [700, 700, 2000, 5000, -9000]) {
        await page.mouse.wheel(0, down);
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    }
}

async function turn(page) {
    const next = page.getByRole('button', { name: /^Next/ });
    if (!(await next.count()) || !(await next.isEnabled())) return;
    const before = page.url();
    await next.click();
    await eventually(() => page.url() !== before, 'the address of the next page');
}

async function type(page, text) {
    const field = page.getByRole('searchbox').first();
    await field.pressSequentially(text);
    await eventually(() => page.url().includes(encodeURIComponent(text)), 'what is searched is in the address');
}

test('every page stays small, and nothing that is done on it takes long', async () => {
    const page = await house.visit();
    await noteTasks(page);
    const found = {};
    for (const [name, hash, text] of VIEWS) {
        await page.goto(house.url + '/' + hash);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await stands(page);
        await page.evaluate(() => (window.longTasks.length = 0));
        await scroll(page);
        await turn(page);
        if (text) await type(page, text);
        await scroll(page);
        found[name] = { nodes: await nodes(page), rows: await rowsOf(page), worst_task_ms: Math.round(await worstTask(page)) };
    }
    console.table(found);
    for (const [name, { nodes: size, worst_task_ms: worst }] of Object.entries(found)) {
        assert.ok(size <= NODES_MAX, name + ' has ' + size + ' elements');
        assert.ok(!LONG || worst <= TASK_MAX_MS, name + ' was held up for ' + worst + ' ms');
    }
    assert.ok(found.repositories.rows > 0 && found.history.rows > 0, 'what was searched is found');
    await house.leave(page);
});

/* ---- from commit to bar -------------------------------------------------------------------------------------------- */

function tokenOf() {
    const body = JSON.stringify({ username: house.installation.user, password: house.installation.password });
    return new Promise((resolve, reject) => {
        const asked = request(
            house.url + '/admin/api/login',
            { method: 'POST', headers: { 'Content-Type': 'application/json', 'Content-Length': body.length } },
            (answer) => {
                let text = '';
                answer.on('data', (more) => (text += more));
                answer.on('end', () => resolve(JSON.parse(text).data.token));
            },
        );
        asked.on('error', reject);
        asked.end(body);
    });
}

/* Streams that a page reads. */
async function listeners(number) {
    const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
    const headers = { Authorization: 'Bearer ' + (await tokenOf()) };
    const one = () =>
        new Promise((resolve, reject) => {
            const asked = get(house.url + '/admin/api/events', { agent, headers }, (answer) => {
                answer.resume();
                answer.statusCode === 200 ? resolve(asked) : reject(new Error('events: ' + answer.statusCode));
            });
            asked.on('error', reject);
        });
    const streams = await Promise.all(Array.from({ length: number }, one));
    for (const stream of streams) stream.removeAllListeners('error').on('error', () => {});
    return streams;
}

/* What the page's first bar shows from now on: [when, how many are done]. */
const noteBar = (page) =>
    page.evaluate(() => {
        const bar = document.querySelector('[role=progressbar]');
        const shown = () => Number(bar.getAttribute('aria-valuetext').split(' of ')[0].replace(/\D/g, ''));
        window.seen = [[Date.now(), shown()]];
        new MutationObserver(() => window.seen.push([Date.now(), shown()])).observe(bar, {
            attributes: true,
            attributeFilter: ['aria-valuetext'],
        });
    });

/* For each settle how long it took until the bar showed it, in ms. It is dated by its begin, so this says too much. */
function delaysOf(settles, seen) {
    const first = seen[0][1];
    return settles
        .filter(([, done]) => done > first)
        .map(([at, done]) => (seen.find(([, shown]) => shown >= done) ?? [Infinity])[0] - at)
        .sort((a, b) => a - b);
}

test('a bar follows the commits of a running operation, whatever else listens', async () => {
    const streams = await listeners(LISTENERS);
    const { operation_id: id } = await house.ask('producer', ['run', 'noop', 'count=' + LIVE_JOBS]);
    await house.ask('producer', ['pause', id]); // until the page is open
    const page = await house.visit('#/operation/' + id);
    await page.getByRole('progressbar').first().waitFor();
    await noteTasks(page);
    await noteBar(page);
    await house.ask('producer', ['resume', id]);
    const shownAll = () => page.evaluate((all) => window.seen[window.seen.length - 1][1] === all, LIVE_JOBS);
    await house.ask('await_end', id);
    await eventually(shownAll, 'the bar shows all');
    const settles = await house.ask(
        'sql',
        'SELECT extract(epoch FROM finished_at) * 1000, sum(count(*)) OVER (ORDER BY finished_at) FROM reprise.job_outcome' +
            " WHERE operation_id = '" + id + "' GROUP BY finished_at ORDER BY finished_at",
    );
    const seen = await page.evaluate(() => window.seen);
    const delays = delaysOf(settles.map((one) => one.map(Number)), seen);
    const at = (part) => Math.round(delays[Math.min(delays.length - 1, Math.floor(part * delays.length))]);
    const found = { settles: delays.length, shown: seen.length, p50_ms: at(0.5), p95_ms: at(0.95), worst_ms: at(1),
                    worst_task_ms: Math.round(await worstTask(page)) };
    console.table({ ['from settle to bar, ' + LISTENERS + ' listeners']: found });
    for (const stream of streams) stream.destroy();
    assert.ok(delays.length > 0 && Number.isFinite(delays[delays.length - 1]), 'every settle was shown');
    if (LONG) assert.ok(found.p95_ms <= DELAY_MAX_MS, 'a settle was shown after ' + found.p95_ms + ' ms');
    await house.leave(page);
});
