/* Dialogs: what is asked names what it is about, what others do shows, and nothing that was typed or shown is lost. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';
import { House, rowOf } from './house.mjs';

let house;
let acme;
before(async () => {
    house = await House.open();
    acme = house.installation.apps.Acme;
});
after(() => house.close());
beforeEach(() => house.ask('behave', []));

test('the dialog for one repository names its app', async () => {
    const page = await house.visit('#/app/' + acme.app_id);
    await rowOf(page, 'Repositories', 'repo-01').getByRole('button', { name: 'Re-sync' }).click();
    await page.getByRole('dialog').getByText(/Acme Docs: .*repo-01/).waitFor();
    await house.leave(page);
});

test('the key of a new app outlives Escape, can be copied, and goes by its button alone', async () => {
    const page = await house.visit('#/apps');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Register an app…' }).click();
    await page.getByLabel('Name').fill('Gamma');
    await page.getByLabel('Address that requests go to').fill('https://client.example/hooks');
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'The key of Gamma' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    assert.equal(await dialog.count(), 1);
    await dialog.getByRole('button', { name: 'Copy' }).click();
    await dialog.getByRole('button', { name: 'Copied' }).waitFor();
    const key = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(key.length >= 16 && (await dialog.textContent()).includes(key));
    await dialog.getByRole('button', { name: 'I have it' }).click();
    await dialog.waitFor({ state: 'detached' });
    await house.leave(page);
});

test('an app gets a new key, which is shown once', async () => {
    const page = await house.visit('#/app/' + acme.app_id);
    await page.getByRole('button', { name: 'New key…' }).click();
    await page.getByRole('button', { name: 'Make a new key' }).click();
    const dialog = page.getByRole('dialog', { name: /^The key of/ });
    await dialog.getByRole('button', { name: 'Copy' }).waitFor();
    await house.shot(page, 'dialog-new-key');
    await page.keyboard.press('Escape');
    assert.equal(await dialog.count(), 1);
    await dialog.getByRole('button', { name: 'I have it' }).click();
    await dialog.waitFor({ state: 'detached' });
    await house.leave(page);
});

test('a session that ends in a dialog: the login is above all, and the dialog is there again afterwards', async () => {
    const page = await house.visit('#/apps');
    page.watched.expect(/401/);
    await page.getByRole('button', { name: 'Register an app…' }).click();
    await page.getByLabel('Name').fill('Delta');
    await page.getByLabel('Address that requests go to').fill('https://client.example/hooks');
    await house.ask('forget_sessions');
    /* Or the page has noticed it by itself, and the button is gone already. */
    const clicked = page.getByRole('button', { name: 'Register', exact: true }).click({ timeout: 3000 });
    await clicked.catch(() => undefined);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);
    await house.logIn(page);
    await page.getByRole('dialog').waitFor();
    assert.equal(await page.getByRole('dialog').getByLabel('Name').inputValue(), 'Delta');
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByRole('dialog', { name: 'The key of Delta' }).waitFor();
    await house.leave(page);
});

test('what another person has under way shows on the page and in the dialog', async () => {
    await house.ask('behave', [{ mode: 'hang' }]);
    const { operation_id: id } = await house.ask('producer', ['resync-app', '--yes', acme.app_id]);
    const page = await house.visit('#/app/' + acme.app_id);
    const strip = page.getByRole('region', { name: 'Under way' });
    await strip.getByRole('progressbar').waitFor();
    assert.ok((await strip.getByRole('link').first().getAttribute('href')).endsWith(id));
    await page.getByRole('button', { name: /^Re-sync all/ }).click();
    await page.getByRole('dialog').getByText(/Under way already: .*Acme Docs/).waitFor();
    assert.ok((await page.getByRole('dialog').getByRole('link', { name: 'Show' }).getAttribute('href')).endsWith(id));
    await house.shot(page, 'dialog-under-way');
    await page.keyboard.press('Escape');
    await strip.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await strip.waitFor({ state: 'detached' });
    await house.leave(page);
});
