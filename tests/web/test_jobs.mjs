/* Work in hand: how far one job is, why one is tried again, one job alone; and the lines that do the same by hand. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';
import { House, assertAccessible, assertFits, eventually, rowOf, shown } from './house.mjs';

const FILES = 40;

let house;
let acme;
let link; // of a repository with many files
before(async () => {
    house = await House.open();
    acme = house.installation.apps.Acme;
    ({ repository_id: link } = await house.ask('many_files', { app: 'Acme', name: 'large', files: FILES }));
});
after(() => house.close());
beforeEach(() => house.ask('behave', []));

/* A re-sync of one repository, without waiting for its end as `producer resync` does. */
const start = (repository) =>
    house.ask('producer', ['run', 'resync-link', 'app_id=' + acme.app_id, 'repository_id=' + repository, '--yes']);

const stateOf = async (id) => (await house.ask('producer', ['progress', id])).state;

test('one repository at some of its files is no zero: the page shows how far its job is', async () => {
    await house.ask('behave', [{ mode: 'ok', times: 15 }, { mode: 'hang' }]);
    const { operation_id: id } = await start(link);
    const page = await house.visit('#/operation/' + id);
    const row = rowOf(page, 'Under way', 'large');
    await row.getByText(new RegExp('of ' + FILES + ' files')).waitFor();
    await eventually(
        async () => (await shown(page.getByRole('region', { name: 'Progress' }).getByRole('progressbar'))) > 0,
        'the bar of the operation moves with the files',
    );
    assert.equal(await page.getByText('not yet known').count(), 0);
    await house.shot(page, 'operation-in-hand');
    await row.getByRole('link', { name: /large/ }).click();
    await page.getByRole('region', { name: 'State' }).getByText('running').waitFor();
    await page.getByText(new RegExp('of ' + FILES + ' files')).waitFor();
    await page.getByRole('heading', { name: 'Checkpoint' }).waitFor();
    await house.shot(page, 'job-running');
    await assertAccessible(page, 'job');
    await page.setViewportSize({ width: 390, height: 844 });
    await assertFits(page, 'job at 390 px');
    await house.ask('behave', []);
    await eventually(async () => (await stateOf(id)) === 'completed', 'it ends');
    await page.getByRole('region', { name: 'State' }).getByText('succeeded').waitFor();
    await house.leave(page);
});

test('a job that is tried again shows why, and how often it was tried when it is over', async () => {
    await house.ask('behave', [{ mode: 'fail', status: 503, times: 1 }]);
    const { operation_id: id } = await start(acme.links['repo-04']);
    await eventually(async () => (await stateOf(id)) === 'completed', 'it ends');
    const page = await house.visit('#/operation/' + id);
    const row = rowOf(page, 'Outcomes', 'repo-04');
    await row.waitFor();
    await row.getByRole('link', { name: 'repo-04' }).click();
    await page.getByRole('region', { name: 'State' }).getByText('succeeded').waitFor();
    await page.getByText('Took', { exact: true }).waitFor();
    await house.leave(page);
});

test('jobs of a batch have a try from 1, and the time of their batch is called so', async () => {
    const { operation_id: id } = await house.ask('producer', ['run', 'noop', 'count=3']);
    await eventually(async () => (await stateOf(id)) === 'completed', 'it ends');
    const page = await house.visit('#/operation/' + id);
    const cells = page.getByRole('table', { name: 'Outcomes' }).getByRole('row').nth(1).getByRole('cell');
    await cells.nth(3).getByText(/^batch/).waitFor();
    assert.equal(await cells.nth(2).textContent(), '1');
    await house.leave(page);
});

test('operations with failures are found, though they are completed', async () => {
    await house.ask('behave', [{ mode: 'fail', status: 413, path_contains: 'repo-06' }]);
    const { operation_id: id } = await start(acme.links['repo-06']);
    await eventually(async () => (await stateOf(id)) === 'completed', 'it ends');
    const page = await house.visit('#/operations');
    await page.getByRole('combobox', { name: 'State' }).selectOption('with failures');
    await rowOf(page, 'Operations', 'repo-06').getByText('completed with failures').waitFor();
    assert.match(page.url(), /state=with-failures/);
    await house.leave(page);
});

test('the lines that do the same by hand are complete, and nothing in them is for a shell to run', async () => {
    const { operation_id: id } = await house.ask('producer', ['run', 'resync-costs', 'search=x; echo $(id)', '--yes']);
    const page = await house.visit('#/operation/' + id);
    const lines = await page.locator('pre').first().textContent();
    assert.match(lines, /^producer run resync-costs .*'search=x; echo \$\(id\)'/);
    assert.match(lines, /^redis-cli (-s|-u) \S+ HGETALL '\{reprise\}:op:/m);
    await house.leave(page);
});
