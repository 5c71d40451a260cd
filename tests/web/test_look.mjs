/* Every view, wide and narrow, light and dark: it fits, it is accessible, nothing untoward happens, and a picture is kept. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { House, assertAccessible, assertFits, eventually } from './house.mjs';

const FORMS = {
    light: { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
    dark: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
    narrow: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
    'narrow-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
};

let house;
let views;

/* An operation that stands in the middle, for as long as a page looks. */
async function pauseHalfWay(app) {
    await house.ask('behave', [{ mode: 'ok', times: 9 }, { mode: 'hang' }]);
    const { operation_id: id } = await house.ask('producer', ['resync-app', '--yes', app]);
    const done = "SELECT succeeded FROM reprise.tally WHERE operation_id = '" + id + "'";
    await eventually(async () => (await house.ask('sql', done))[0][0] === '9', 'nine are done');
    await house.ask('producer', ['pause', id]);
}

/* Something of each kind to look at: a failed link, operations of several states, a history, a definition in error. */
before(async () => {
    house = await House.open();
    const { Acme, Beta } = house.installation.apps;
    await house.ask('behave', [{ mode: 'fail', status: 413, path_contains: 'broken' }]);
    for (const words of [
        ['resync-app', '--yes', Acme.app_id],
        ['resync-app', '--yes', Beta.app_id],
    ])
        await house.ask('producer', words);
    await house.ask('producer', ['sync-history']);
    await eventually(
        async () =>
            (await house.ask('sql', "SELECT count(*) FROM reprise.tally WHERE state = 'running'"))[0][0] === '0',
        'all has ended',
    );
    await house.ask('definition', {
        name: 'nightly-costs.yaml',
        text: 'id: nightly-costs\nname: Nightly costs\nphases:\n  - id: costs\n    job: resync-csot\n    over: runs\n',
    });
    await house.ask('producer', ['resync-definitions']).catch(() => {}); // it says by its exit code that one is in error
    await pauseHalfWay(Acme.app_id);
    const [[failing]] = await house.ask(
        'sql',
        'SELECT operation_id FROM reprise.operation JOIN reprise.tally USING (operation_id) WHERE failed > 0 ORDER BY created_at LIMIT 1',
    );
    const [[run]] = await house.ask(
        'sql',
        "SELECT adw_id FROM reprise.workflow_history WHERE status = 'completed' ORDER BY adw_id LIMIT 1",
    );
    views = {
        overview: '#/',
        apps: '#/apps',
        app: '#/app/' + Beta.app_id,
        repositories: '#/repositories',
        failed: '#/failed',
        operations: '#/operations',
        operation: '#/operation/' + failing,
        job: '#/operation/' + failing + '/job/1',
        history: '#/history',
        run: '#/run/' + run,
        stale: '#/stale',
        definitions: '#/definitions',
        queue: '#/queue',
        missing: '#/no-such-place',
    };
});
after(() => house.close());

for (const [form, settings] of Object.entries(FORMS)) {
    test('every view, ' + form, async () => {
        const page = await house.visit('#/', settings);
        for (const [name, hash] of Object.entries(views)) {
            await page.goto(house.url + '/' + hash);
            await page.locator('main h1').waitFor();
            await page.locator('main [aria-busy=true]').first().waitFor({ state: 'detached' });
            assert.equal(
                await page.locator('main [role=alert]').filter({ hasText: /\S/ }).count(),
                0,
                name + ' shows no refusal',
            );
            await house.shot(page, name + '-' + form);
            await assertFits(page, name + ' ' + form);
            if (form !== 'narrow-dark') await assertAccessible(page, name + ' ' + form); // neither layout nor colours of its own
        }
        await house.leave(page);
    });
}

const WIDTHS = [320, 360, 390, 600, 861, 900, 990, 1121, 1280, 1920, 2560];

test('no view is wider than its window, from 320 to 2560 px', async () => {
    const page = await house.visit('#/');
    for (const [name, hash] of Object.entries(views)) {
        await page.goto(house.url + '/' + hash);
        await page.locator('main h1').waitFor();
        await page.locator('main [aria-busy=true]').first().waitFor({ state: 'detached' });
        for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 900 });
            await assertFits(page, name + ' at ' + width + ' px');
        }
    }
    await page.goto(house.url + '/#/');
    await page.getByRole('table', { name: 'Workers' }).waitFor();
    const used = await page.evaluate(() => document.querySelector('main').getBoundingClientRect().right / innerWidth);
    assert.ok(used > 0.8, 'of 2560 px the page uses ' + Math.round(used * 100) + ' %');
    await house.shot(page, 'overview-2560');
    await house.leave(page);
});

test('with forced colours bars and shapes of states are still there', async () => {
    const page = await house.visit('#/operations', { forcedColors: 'active' });
    await page.getByRole('table', { name: 'Operations' }).waitFor();
    const adjusted = (selector, pseudo) =>
        page.evaluate(([s, p]) => getComputedStyle(document.querySelector(s), p).forcedColorAdjust, [selector, pseudo]);
    assert.equal(await adjusted('.bar', null), 'none');
    assert.equal(await adjusted('.state', '::before'), 'none');
    await house.shot(page, 'operations-forced-colours');
    await house.leave(page);
});

test('Back leads to where a list was scrolled to, and undoes a choice of a filter', async () => {
    const page = await house.visit('#/repositories', { viewport: { width: 1280, height: 400 } });
    await page.getByRole('table', { name: 'Repositories' }).waitFor();
    await page.evaluate(() => scrollTo(0, 600));
    await eventually(() => page.evaluate(() => scrollY === 600), 'it is scrolled');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Queue' }).click();
    await page.getByRole('heading', { name: 'Queue' }).waitFor();
    assert.equal(await page.evaluate(() => scrollY), 0);
    await page.goBack();
    await eventually(() => page.evaluate(() => scrollY === 600), 'it is there again');
    await page.getByRole('combobox', { name: 'Status' }).selectOption('failed');
    await eventually(() => page.url().includes('status=failed'), 'it is narrowed');
    await page.goBack();
    await eventually(() => !page.url().includes('status'), 'the choice is undone, the view is the same');
    await page.getByRole('heading', { name: 'Repositories' }).waitFor();
    await house.leave(page);
});

test('dark is dark and light is light', async () => {
    const brightness = async (colorScheme) => {
        const page = await house.visit('#/', { colorScheme });
        const [red] = (await page.evaluate(() => getComputedStyle(document.body).backgroundColor))
            .match(/\d+/g)
            .map(Number);
        await house.leave(page);
        return red;
    };
    assert.ok((await brightness('dark')) < 64);
    assert.ok((await brightness('light')) > 192);
});

test('stored text with markup in it is shown as text', async () => {
    const page = await house.visit('#/apps');
    await page.getByText(house.installation.nasty).first().waitFor();
    assert.equal(await page.locator('main img').count(), 0);
    await house.leave(page);
});

test('by keyboard alone: to a view, through a dialog, out of it', async () => {
    const page = await house.visit('#/apps');
    await page.reload(); // so that the first Tab begins at the top
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // "To the content"
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    const reach = async (role, name) => {
        for (let steps = 0; steps < 60; steps++) {
            await page.keyboard.press('Tab');
            const there = await page.evaluate(
                () => document.activeElement.tagName.toLowerCase() + ' ' + document.activeElement.textContent.trim(),
            );
            if (there.startsWith(role + ' ' + name)) return;
        }
        throw new Error('Tab does not reach ' + role + ' ' + name);
    };
    await reach('a', 'Acme Docs');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Acme Docs' }).waitFor();
    await reach('button', 'Re-sync all');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    assert.equal(
        await page.evaluate(() => document.activeElement.textContent),
        'Keep as it is',
        'the safe answer has the focus',
    );
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match(
        await page.evaluate(() => document.activeElement.textContent),
        /^Re-sync all/,
        'the focus is back where it was',
    );
    await house.leave(page);
});

test('a dialog and a toast, wide and narrow: they fit, are accessible, and the window behind does not move', async () => {
    for (const form of ['light', 'narrow-dark']) {
        const page = await house.visit('#/history', FORMS[form]);
        await page.getByRole('button', { name: 'Sync now' }).click();
        await page.getByRole('status').getByText('History sync started').waitFor();
        await page.getByRole('button', { name: 'Re-sync costs…' }).click();
        await page.getByRole('dialog').getByText('Takes', { exact: true }).waitFor();
        await house.shot(page, 'dialog-' + form);
        await assertFits(page, 'dialog ' + form);
        await assertAccessible(page, 'dialog ' + form);
        const box = await page.getByRole('dialog').boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= FORMS[form].viewport.width, 'the dialog is inside the window');
        await house.leave(page);
    }
});
