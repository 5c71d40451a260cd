/* The history: filtered, sorted, paged, drawn, and its costs re-synced. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { House, eventually } from './house.mjs';

const RUNS = 60;

const NPM = RUNS / 5; // runs that speak of npm

let house;
let failed; // runs that have
before(async () => {
    house = await House.open();
    await house.ask('producer', ['sync-history']);
    failed = Number(
        (await house.ask('sql', "SELECT count(*) FROM reprise.workflow_history WHERE status = 'failed'"))[0][0],
    );
});
after(() => house.close());

const cells = (page, column) =>
    page
        .getByRole('table', { name: 'Runs' })
        .locator('tbody tr td:nth-child(' + column + ')')
        .allInnerTexts();
const costs = async (page) => (await cells(page, 7)).map((text) => Number(text.replace(/[^0-9.]/g, '')));
const falling = (numbers) => numbers.every((number, i) => i === 0 || number <= numbers[i - 1]);

test('filtered by status and by text', async () => {
    const page = await house.visit('#/history');
    await page.getByRole('table', { name: 'Runs' }).waitFor();
    await page.getByRole('combobox', { name: 'Status' }).selectOption('failed');
    await eventually(
        async () =>
            (await cells(page, 2)).length === failed &&
            (await cells(page, 2)).every((word) => word.trim() === 'failed'),
        'only failed runs are listed',
    );
    await page.getByRole('combobox', { name: 'Status' }).selectOption('');
    await page.getByLabel('Search').fill('npm dependencies');
    await eventually(async () => (await cells(page, 1)).length === NPM, 'the runs with that text are listed');
    assert.match(page.url(), /search=npm\+dependencies/);
    await page.reload();
    await eventually(async () => (await cells(page, 1)).length === NPM, 'the filter is in the address');
    await house.leave(page);
});

test('sorted by cost, and paged without a run shown twice', async () => {
    const page = await house.visit('#/history');
    await page.getByRole('button', { name: 'Cost', exact: true }).click();
    await eventually(
        async () => (await costs(page)).length === 20 && falling(await costs(page)),
        'the dearest come first',
    );
    const first = await cells(page, 1);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('21 to 40').waitFor();
    await eventually(
        async () => !(await cells(page, 1)).some((run) => first.includes(run)),
        'the next page shows others',
    );
    await page.goBack();
    await eventually(async () => (await cells(page, 1)).join() === first.join(), 'back shows the first page');
    await house.leave(page);
});

test('a cost that is not known is no cost of nothing', async () => {
    const [[id, cost]] = await house.ask(
        'sql',
        'UPDATE reprise.workflow_history h SET actual_cost_total = NULL FROM (SELECT * FROM reprise.workflow_history' +
            ' WHERE actual_cost_total > 0 ORDER BY adw_id LIMIT 1) old WHERE h.id = old.id' +
            ' RETURNING h.adw_id, old.actual_cost_total',
    );
    const page = await house.visit('#/history?sort_by=actual_cost_total&sort_order=asc&page=3');
    await page.getByText(/· of \d+ of 60/).first().waitFor();
    const row = page.getByRole('row', { name: new RegExp(id) });
    assert.equal((await row.locator('td').nth(6).innerText()).trim(), '—');
    assert.equal((await cells(page, 7)).at(-1).trim(), '—', 'what is not known comes last');
    await page.goto(house.url + '/#/run/' + id);
    await page.getByText('cost · estimated').waitFor();
    await house.ask('sql', 'UPDATE reprise.workflow_history SET actual_cost_total = ' + cost + " WHERE adw_id = '" + id + "'");
    await house.leave(page);
});

test('the charts follow the filters below them, and say which they do not', async () => {
    const page = await house.visit('#/history?status=failed&days=365');
    const label = () => page.getByRole('img', { name: /^Cost per week/ }).getAttribute('aria-label');
    await page.getByRole('img', { name: /^Cost per week/ }).waitFor();
    const runs = async () => Number((await label()).match(/(?:of )?(\d+) runs?$/)[1]);
    await eventually(async () => (await runs()) === failed, 'the chart is of the failed runs');
    assert.equal(await page.getByText('The charts are of all').count(), 0);
    await page.getByLabel('Search').fill('npm');
    await page.getByText('The charts are of all texts').waitFor();
    await house.leave(page);
});

test('the charts are drawn, and their words say what they show', async () => {
    const page = await house.visit('#/history');
    const cost = page.getByRole('img', { name: /^Cost per day/ });
    await cost.waitFor();
    const canvas = cost.locator('canvas');
    await eventually(
        () =>
            canvas.evaluate((one) =>
                one
                    .getContext('2d')
                    .getImageData(0, 0, one.width, one.height)
                    .data.some((byte) => byte !== 0),
            ),
        'something is painted',
    );
    assert.match(await cost.getAttribute('aria-label'), /\$\d+\.\d\d for \d+ runs/);
    await page.getByRole('img', { name: /^Average duration/ }).waitFor();
    await house.leave(page);
});

test('the cost of one run is re-synced from its row, and the audit trail shows it', async () => {
    const [[run, right]] = await house.ask(
        'sql',
        "SELECT adw_id, actual_cost_total FROM reprise.workflow_history WHERE status = 'completed' ORDER BY adw_id LIMIT 1",
    );
    await house.ask(
        'sql',
        "UPDATE reprise.workflow_history SET actual_cost_total = 0.09 WHERE adw_id = '" + run + "' RETURNING 1",
    );
    const page = await house.visit('#/run/' + run);
    await page.getByText('$0.0900').first().waitFor();
    await page.getByRole('button', { name: 'Re-sync cost' }).click();
    await page
        .getByRole('status')
        .getByText(run + ': $0.0900 → ')
        .waitFor();
    await page
        .getByText('$' + Number(right).toFixed(2))
        .first()
        .waitFor();
    await page.getByRole('table', { name: 'Changes of its cost' }).getByText('resync').first().waitFor();
    await house.shot(page, 'run-resynced');
    await house.leave(page);
});

test('the money that a re-sync of costs would move is shown before anything is written', async () => {
    const [[run]] = await house.ask(
        'sql',
        "SELECT adw_id FROM reprise.workflow_history WHERE status = 'completed' AND actual_cost_total > 0 ORDER BY adw_id DESC LIMIT 1",
    );
    const [[right]] = await house.ask('sql', "SELECT actual_cost_total FROM reprise.workflow_history WHERE adw_id = '" + run + "'");
    await house.ask('sql', "UPDATE reprise.workflow_history SET actual_cost_total = 0.09 WHERE adw_id = '" + run + "'");
    const page = await house.visit('#/history');
    await page.getByRole('button', { name: 'Re-sync costs…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Show what would change' }).click();
    await dialog.getByText(/^1 of \d+ runs$/).waitFor();
    await dialog.getByText(run + ': $0.0900 → $' + Number(right).toFixed(2)).waitFor();
    await house.shot(page, 'dialog-costs-money');
    const [[stored]] = await house.ask('sql', "SELECT actual_cost_total FROM reprise.workflow_history WHERE adw_id = '" + run + "'");
    assert.equal(Number(stored), 0.09, 'nothing was written');
    await house.ask('sql', 'UPDATE reprise.workflow_history SET actual_cost_total = ' + right + " WHERE adw_id = '" + run + "'");
    await house.leave(page);
});

test('costs of a whole filter: asked first with the number of runs, then with a bar to its end', async () => {
    await house.ask(
        'sql',
        "UPDATE reprise.workflow_history SET actual_cost_total = 0.01 WHERE status = 'failed' RETURNING 1",
    );
    const page = await house.visit('#/history?status=failed&search=npm');
    await page.getByRole('button', { name: 'Re-sync costs…' }).click();
    const dialog = page.getByRole('dialog');
    await house.shot(page, 'dialog-costs-narrowed');
    const [[few]] = await house.ask(
        'sql',
        "SELECT count(*) FROM reprise.workflow_history WHERE status = 'failed' AND nl_input ILIKE '%npm%'",
    );
    assert.equal(await dialog.getByLabel('Text in the prompt').inputValue(), 'npm');
    await dialog.getByText(few, { exact: true }).first().waitFor();
    await dialog.getByLabel('Text in the prompt').fill('');
    await dialog.getByText(String(failed), { exact: true }).waitFor();
    await house.shot(page, 'dialog-costs');
    await dialog.getByRole('button', { name: 'Re-sync costs' }).click();
    await page.getByRole('region', { name: 'Started from this page' }).getByText('completed').waitFor();
    await eventually(
        async () => (await costs(page)).every((cost) => cost > 0.01),
        'the costs are right again, without a reload',
    );
    await house.leave(page);
});

test('Sync now shows its progress on the same page', async () => {
    const page = await house.visit('#/history');
    await page.getByRole('button', { name: 'Sync now' }).click();
    await page.getByRole('region', { name: 'Started from this page' }).getByText('completed').waitFor();
    await house.leave(page);
});
