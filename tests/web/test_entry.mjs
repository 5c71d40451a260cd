/* Who may come in, and that it is over when they leave. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { ELSEWHERE, House, assertAccessible } from './house.mjs';

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

test('after logging out the session is dead, also with a cookie that was kept', async () => {
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
    /* Not by the select: the page may notice the end before it is reached. */
    await page.evaluate(() => (location.hash = '#/operations?state=failed'));
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await house.logIn(page);
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    assert.match(page.url(), /#\/operations\?state=failed$/);
    await house.leave(page);
});

test('over plain http from another host the page says why a login is impossible', async () => {
    const url = house.url.replace('127.0.0.1', ELSEWHERE);
    const page = await house.visit('#/', { login: false, url, expected: [/403|Cross-Origin-Opener-Policy/] });
    await page.getByLabel('Name').fill(house.installation.user);
    await page.getByLabel('Password').fill(house.installation.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').filter({ hasText: /plain http.*https/ }).waitFor();
    await house.leave(page);
});

test('a browser that keeps no cookie is told so', async () => {
    const page = await house.visit('#/', { login: false });
    page.watched.expect(/401/);
    await page.route('**/admin/api/login', (route) => route.fulfill({ json: { data: { success: true } } }));
    await page.getByLabel('Name').fill(house.installation.user);
    await page.getByLabel('Password').fill(house.installation.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').filter({ hasText: 'Cookies of this page must be allowed' }).waitFor();
    await house.leave(page);
});
