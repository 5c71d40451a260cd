/* Who may come in, and that it is over when they leave. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { House, assertAccessible } from './house.mjs';

let house;
before(async () => {
    house = await House.open();
});
after(() => house.close());

test('a wrong password is refused in words, the right one lets in, and a reload keeps the session', async () => {
    const page = await house.visit('#/apps', { login: false });
    page.watched.expect(/401/);
    await assertAccessible(page, 'login');
    await house.shot(page, 'login');
    await house.logIn(page, 'not the password');
    await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
    await house.logIn(page);
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
    await house.leave(page);
});

test('after logging out the session is dead, also for whoever kept the cookie', async () => {
    const page = await house.visit();
    const cookies = await page.context().cookies();
    assert.equal(cookies.length, 1);
    assert.deepEqual([cookies[0].httpOnly, cookies[0].sameSite], [true, 'Strict']);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await page.context().addCookies(cookies);
    const answer = await page.context().request.get(house.url + '/admin/api/session');
    assert.equal(answer.status(), 401);
    await house.leave(page);
});

test('a session that ends elsewhere leads back to the login, and from there to the same view', async () => {
    const page = await house.visit('#/operations');
    page.watched.expect(/401/);
    await house.ask('forget_sessions');
    await page.getByRole('combobox', { name: 'State' }).selectOption('failed');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await house.logIn(page);
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    assert.match(page.url(), /#\/operations\?state=failed$/);
    await house.leave(page);
});
