/* Definitions: a broken file, its error in full, what a resync found, and archiving. */
import test, { after, before } from 'node:test';
import { House, rowOf } from './house.mjs';

const BROKEN = 'id: nightly-costs\nname: Nightly costs\nphases:\n  - id: costs\n    job: resync-csot\n    over: runs\n';
const GOOD =
    'id: weekly-rescan\nname: Weekly rescan\nphases:\n  - id: scan\n    job: snapshot\n    over: failed-links\n';

let house;
before(async () => {
    house = await House.open();
});
after(() => house.close());

test('a broken file gets a badge whose tooltip holds the whole error, by pointer and by keyboard', async () => {
    await house.ask('definition', { name: 'nightly-costs.yaml', text: BROKEN });
    await house.ask('definition', { name: 'weekly-rescan.yaml', text: GOOD });
    const page = await house.visit('#/definitions');
    await page.getByRole('button', { name: 'Re-sync', exact: true }).click();
    await page
        .getByRole('status')
        .getByText(/\d+ new.*1 in error/)
        .waitFor();
    const badge = rowOf(page, 'Definitions', 'nightly-costs').getByRole('note');
    await badge.hover();
    await page
        .getByRole('tooltip')
        .getByText(/resync-csot/)
        .waitFor();
    await house.shot(page, 'definitions-error');
    await page.mouse.move(5, 5);
    await page.getByRole('tooltip').waitFor({ state: 'detached' });
    await badge.focus();
    await page
        .getByRole('tooltip')
        .getByText(/resync-csot/)
        .waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('tooltip').waitFor({ state: 'detached' });
    await house.leave(page);
});

test('a definition is archived and taken back', async () => {
    const page = await house.visit('#/definitions');
    const row = rowOf(page, 'Definitions', 'weekly-rescan');
    await row.getByRole('button', { name: /Archive/ }).click();
    await row.getByText('archived').waitFor();
    await row.getByRole('button', { name: /Take back/ }).click();
    await row.getByText('ready').waitFor();
    await house.leave(page);
});
