/* Re-syncing one repository and all of an app, cancelling half-way, retrying what failed: by the page alone. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';
import { House, eventually, rowOf, shown } from './house.mjs';

const ALL = 24; // repositories of Acme Docs, one file each
const SOME = 8;

let house;
let acme;
let beta;
before(async () => {
    house = await House.open();
    acme = house.installation.apps.Acme;
    beta = house.installation.apps.Beta;
});
after(() => house.close());
beforeEach(() => house.ask('behave', []));

/* So many requests are answered, then none until the next rules. */
const someThenNone = [{ mode: 'ok', times: SOME }, { mode: 'hang' }];

async function tallyOf(id) {
    const [[state, succeeded, failed, cancelled]] = await house.ask(
        'sql',
        "SELECT state, succeeded, failed, cancelled_jobs FROM reprise.tally WHERE operation_id = '" + id + "'",
    );
    return { state, succeeded: Number(succeeded), failed: Number(failed), cancelled: Number(cancelled) };
}

async function confirm(page, name) {
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await dialog.getByRole('button', { name }).click();
    await dialog.waitFor({ state: 'detached' });
}

const strip = (page) => page.getByRole('region', { name: 'Started from this page' });

async function resyncAll(page) {
    await page.getByRole('button', { name: /^Re-sync all/ }).click();
    await page.getByRole('dialog').getByText(String(ALL), { exact: true }).first().waitFor();
    await confirm(page, 'Send all again');
    await strip(page).getByRole('progressbar').waitFor();
    return (await strip(page).getByRole('link').getAttribute('href')).split('/').pop();
}

test('one repository: asked first with real numbers, a toast, and its status changes by itself', async () => {
    const page = await house.visit('#/app/' + acme.app_id);
    const row = rowOf(page, 'Repositories', 'repo-03');
    await row.getByText('pending').waitFor();
    await row.getByRole('button', { name: 'Re-sync' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This sends ALL files again').waitFor();
    await dialog.getByText('Takes', { exact: true }).waitFor();
    await house.shot(page, 'dialog-one');
    await confirm(page, 'Send all again');
    await page.getByRole('status').getByText('Re-sync queued').waitFor();
    await row.getByText('synced').waitFor();
    await house.leave(page);
});

test('the dialog can be left without anything happening, and a double click starts one operation', async () => {
    const page = await house.visit('#/app/' + acme.app_id);
    const before = await house.ask('sql', 'SELECT count(*) FROM reprise.operation');
    await rowOf(page, 'Repositories', 'repo-05').getByRole('button', { name: 'Re-sync' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.deepEqual(await house.ask('sql', 'SELECT count(*) FROM reprise.operation'), before);
    await rowOf(page, 'Repositories', 'repo-05').getByRole('button', { name: 'Re-sync' }).click();
    await page.getByRole('dialog').getByText('Takes', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Send all again' }).dblclick({ noWaitAfter: true });
    await rowOf(page, 'Repositories', 'repo-05').getByText('synced').waitFor();
    assert.deepEqual(await house.ask('sql', 'SELECT count(*) FROM reprise.operation'), [
        [String(Number(before[0][0]) + 1)],
    ]);
    await house.leave(page);
});

test('all of an app: the bar stands where the work stands, and goes to 100 % on the same page', async () => {
    await house.ask('behave', someThenNone);
    const page = await house.visit('#/app/' + acme.app_id);
    const id = await resyncAll(page);
    const bar = strip(page).getByRole('progressbar');
    await eventually(async () => (await shown(bar)) >= 25 && (await shown(bar)) < 100, 'the bar stands in the middle');
    await house.shot(page, 'app-running');
    await house.ask('behave', []);
    await eventually(async () => (await shown(bar)) === 100, 'the bar is full');
    await strip(page).getByText('completed').waitFor();
    await house.shot(page, 'app-completed');
    assert.deepEqual(await tallyOf(id), { state: 'completed', succeeded: ALL, failed: 0, cancelled: 0 });
    await eventually(
        async () => (await page.getByRole('table', { name: 'Repositories' }).getByText('synced').count()) === ALL,
        'all rows say synced',
    );
    await house.leave(page);
});

test('cancelled half-way the bar stops, and the counts are exact', async () => {
    await house.ask('behave', someThenNone);
    const page = await house.visit('#/app/' + acme.app_id);
    const id = await resyncAll(page);
    const bar = strip(page).getByRole('progressbar');
    await eventually(async () => (await shown(bar)) >= 25, 'some of it is done');
    await page.goto(house.url + '/#/operation/' + id);
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await confirm(page, 'Cancel it');
    await page
        .getByRole('status')
        .getByText(/Operation cancelled/)
        .waitFor();
    await page.getByRole('region', { name: 'Progress' }).getByText('cancelled').waitFor();
    const said = await eventually(async () => {
        const tally = await tallyOf(id);
        return tally.succeeded + tally.failed + tally.cancelled === ALL && tally; // open jobs are removed in steps
    }, 'every job is done or counted as never done');
    assert.equal(said.state, 'cancelled');
    const progress = page.getByRole('region', { name: 'Progress' });
    await progress.getByText(said.succeeded + ' succeeded').waitFor();
    await progress.getByText(said.cancelled + ' never done').waitFor();
    await house.shot(page, 'operation-cancelled');
    await house.ask('behave', []); // what was in hand gets its answer now, and must not count
    await house.ask('producer', ['resync', acme.app_id, acme.links['repo-00']]);
    assert.deepEqual(await tallyOf(id), said);
    assert.equal(await shown(progress.getByRole('progressbar')), Math.floor((100 * said.succeeded) / ALL));
    await house.leave(page);
});

test('paused and resumed from its own page', async () => {
    await house.ask('behave', someThenNone);
    const page = await house.visit('#/app/' + acme.app_id);
    const id = await resyncAll(page);
    await page.goto(house.url + '/#/operation/' + id);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('region', { name: 'Progress' }).getByText('paused').first().waitFor();
    await house.shot(page, 'operation-paused');
    await house.ask('behave', []);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('region', { name: 'Progress' }).getByText('completed').waitFor();
    assert.equal((await tallyOf(id)).succeeded, ALL);
    await house.leave(page);
});

test('what failed is shown with its error in full, retried, and goes from the list by itself', async () => {
    await house.ask('behave', [{ mode: 'fail', status: 500, path_contains: 'broken' }]);
    const page = await house.visit('#/app/' + beta.app_id);
    await rowOf(page, 'Repositories', 'broken').getByRole('button', { name: 'Re-sync' }).click();
    await page.getByRole('dialog').getByText('Takes', { exact: true }).waitFor();
    await confirm(page, 'Send all again');
    await rowOf(page, 'Repositories', 'broken').getByText('failed').waitFor();
    await page.getByRole('link', { name: /^Failed/ }).click();
    const row = rowOf(page, 'Failed', 'broken');
    await row.getByRole('note').focus();
    await page.getByRole('tooltip').getByText(/500/).waitFor();
    await house.shot(page, 'failed');
    assert.equal(await page.getByText(house.installation.nasty).first().isVisible(), true);
    await house.ask('behave', []);
    await page.getByRole('button', { name: 'Retry all failed…' }).click();
    await page.getByRole('dialog').getByText('Failed repositories', { exact: true }).waitFor();
    await confirm(page, 'Retry all');
    await page.getByText('Nothing has failed.').waitFor();
    await house.leave(page);
});

test('an operation with failures groups them by text and can be retried from its page', async () => {
    await house.ask('behave', [{ mode: 'fail', status: 507, path_contains: 'repo-0' }]);
    const page = await house.visit('#/app/' + acme.app_id);
    const id = await resyncAll(page);
    /* Five tries of each, with waits between, and the schedule may have one of them in hand meanwhile. */
    await strip(page).getByText('completed').waitFor({ timeout: 240000 });
    await page.goto(house.url + '/#/operation/' + id);
    await rowOf(page, 'Errors by text', '507').first().waitFor();
    await house.shot(page, 'operation-failures');
    const listed = (outcome) =>
        page.getByRole('table', { name: 'Outcomes' }).getByText(outcome, { exact: true }).count();
    await page.getByRole('link', { name: '10 jobs with this error' }).click();
    await page.getByText('Only those with the error').waitFor();
    await eventually(async () => (await listed('failed')) === 10, 'ten failed outcomes are listed');
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByRole('combobox', { name: 'outcome' }).selectOption('succeeded');
    await eventually(async () => (await listed('succeeded')) === ALL - 10, 'the others are listed');
    assert.equal(await listed('failed'), 0);
    await house.ask('behave', []);
    await page.getByRole('button', { name: 'Retry what failed (10)…' }).click();
    await confirm(page, 'Retry');
    await strip(page).getByText('completed').waitFor();
    await strip(page).getByText('10 succeeded').waitFor();
    await house.leave(page);
});

test('the overview tells what was done by time and by kind, after a reload too', async () => {
    const page = await house.visit('#/');
    const [[done]] = await house.ask('sql', "SELECT sum(succeeded + failed + skipped) FROM reprise.tally");
    /* This installation is younger than an hour, and the chart opens on no more than that. */
    const chart = page.getByRole('img', { name: /^[\d\s]+ jobs settled over 1 hour,/ });
    for (const again of [false, true]) {
        if (again) await page.reload();
        await chart.locator('canvas').waitFor();
        /* At least so many: what is scheduled goes on. */
        const told = async () => Number((await chart.getAttribute('aria-label')).split(' jobs')[0].replace(/\s/g, ''));
        await eventually(async () => (await told()) >= Number(done), 'all that was done is told');
        await rowOf(page, 'Outcomes by kind of job', 'resync').waitFor();
    }
    const hours = page.getByRole('combobox', { name: 'hours' });
    assert.equal(await hours.inputValue(), '1');
    await hours.selectOption('24 hours');
    await page.getByRole('img', { name: /jobs settled over 24 hours,/ }).locator('canvas').waitFor();
    assert.equal(await hours.inputValue(), '24');
    await house.leave(page);
});

test('an app is registered, its key shown once, a repository added, and both removed', async () => {
    const page = await house.visit('#/apps');
    page.watched.expect(/422/); // the one that is refused below
    await page.getByRole('button', { name: 'Register an app…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Gamma ' + house.installation.nasty);
    await dialog.getByLabel('Address').fill('http://127.0.0.1:9/hook');
    await dialog.getByRole('button', { name: 'Register' }).click();
    await dialog.getByText('It is shown this once').waitFor();
    await dialog.getByRole('button', { name: 'I have it' }).click();
    await rowOf(page, 'Apps', 'Gamma').getByRole('link').click();
    await page.getByRole('button', { name: 'Add a repository…' }).click();
    await dialog.getByLabel('Address').fill('ftp://example.org/x');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByRole('alert').filter({ hasText: /\S/ }).waitFor(); // refused in the server's words, and still open
    await dialog.getByLabel('Address').fill('https://github.com/octocat/hello-world');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await rowOf(page, 'Repositories', 'octocat/hello-world').waitFor();
    await page.getByRole('button', { name: 'Remove the app…' }).click();
    await confirm(page, 'Remove');
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
    await rowOf(page, 'Apps', 'Gamma').waitFor({ state: 'detached' });
    await house.leave(page);
});
