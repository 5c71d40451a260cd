/* The server dies and comes back while somebody looks. */
import test, { after, before } from 'node:test';
import { House, rowOf } from './house.mjs';

let house;
before(async () => {
    house = await House.open();
});
after(() => house.close());

test('the page says that the server is away, keeps what it showed, and recovers by itself', async () => {
    const page = await house.visit('#/apps');
    page.watched.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
    await rowOf(page, 'Apps', 'Acme Docs').waitFor();
    await house.ask('kill');
    await page.getByText('The server does not answer.').waitFor();
    await rowOf(page, 'Apps', 'Acme Docs').waitFor();
    await house.shot(page, 'server-away');
    await house.ask('producer', ['add-app', 'Late app', 'https://client.example/hooks']);
    await house.ask('start');
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
    await rowOf(page, 'Apps', 'Late app').waitFor();
    await house.leave(page);
});

test('events come again after that: a bar moves without a reload', async () => {
    const page = await house.visit('#/app/' + house.installation.apps.Beta.app_id);
    page.watched.expect(/ERR_/);
    await house.ask('kill');
    await page.getByText('The server does not answer.').waitFor();
    await house.ask('start');
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
    await rowOf(page, 'Repositories', 'good').getByRole('button', { name: 'Re-sync' }).click();
    await page.getByRole('dialog').getByText('Takes').waitFor();
    await page.getByRole('button', { name: 'Send all again' }).click();
    await rowOf(page, 'Repositories', 'good').getByText('synced').waitFor();
    await house.leave(page);
});
