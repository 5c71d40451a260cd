/*
 * What the browser tests stand on: an installation of the real programs (installation.py), Debian's Chromium, and a
 * page that is watched: an error in the console, a request to anywhere else, a violation of the policy or an answer of
 * 500 and more fails the test that saw it.
 *
 * CTest says where things are: REPRISE_WEB_MODULES (what npm fetched), REPRISE_WEB_SHOTS (where screenshots go),
 * REPRISE_BUILD_DIR (the programs).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const CHROMIUM = '/usr/bin/chromium';
const NOT_INSTALLED = 77;
/* A name of another host, to the browser: it leads here. */
export const ELSEWHERE = 'reprise.example';
const PATIENCE_MS = 60000; /* as long as other tests wait: a busy machine is no fault */

function skip(what) {
    console.log('skipped: ' + what + ' (scripts/setup.sh installs what is missing)');
    process.exit(NOT_INSTALLED);
}

function modules() {
    const place = process.env.REPRISE_WEB_MODULES;
    if (!place || !existsSync(join(place, 'node_modules', 'playwright-core')))
        skip('npm could not fetch playwright-core and axe-core; the test web/setup says why');
    if (!existsSync(CHROMIUM)) skip(CHROMIUM + ' is not there');
    const require = createRequire(join(place, 'package.json'));
    return { chromium: require('playwright-core').chromium, axe: require('axe-core') };
}

const { chromium, axe } = modules();

/* ---- the installation ---- */

class Installation {
    constructor(process) {
        this.process = process;
        this.lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    }

    /* The next line that it writes. */
    async heard() {
        const { value, done } = await this.lines.next();
        if (!done) return JSON.parse(value);
        const code = await new Promise((resolve) =>
            this.process.exitCode === null ? this.process.once('exit', resolve) : resolve(this.process.exitCode),
        );
        if (code === NOT_INSTALLED) skip('PostgreSQL or Redis is not installed');
        throw new Error('the installation ended with ' + code);
    }

    /* ask("sql", "SELECT 1"): see installation.py */
    async ask(name, given = null) {
        this.process.stdin.write(JSON.stringify({ [name]: given }) + '\n');
        const answer = await this.heard();
        if (answer.error) throw new Error(name + ': ' + answer.error);
        return answer.ok;
    }

    async end() {
        const over = new Promise((resolve) => this.process.once('exit', resolve));
        this.process.stdin.end();
        await over;
    }
}

async function install() {
    const installation = new Installation(
        spawn('python3', ['-B', join(HERE, 'installation.py')], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    Object.assign(installation, await installation.heard());
    return installation;
}

/* ---- the browser ---- */

/* Notes what must not happen. `expected`: patterns of console errors that a test brings about itself. */
function watch(page, origin) {
    const findings = [];
    const expected = [];
    const note = (text) => expected.some((pattern) => pattern.test(text)) || findings.push(text);
    page.on(
        'console',
        (message) =>
            ['error', 'warning'].includes(message.type()) &&
            note('console: ' + message.text() + ' ' + (message.location().url ?? '')),
    );
    page.on('pageerror', (error) => note('uncaught: ' + error.message));
    page.on(
        'request',
        (request) =>
            !request.url().startsWith(origin) &&
            !request.url().startsWith('data:') &&
            note('external: ' + request.url()),
    );
    page.on(
        'response',
        (response) => response.status() >= 500 && note('server: ' + response.status() + ' ' + response.url()),
    );
    return { findings, expect: (pattern) => expected.push(pattern) };
}

export class House {
    static async open() {
        const house = new House();
        house.installation = await install();
        house.browser = await chromium.launch({
            executablePath: CHROMIUM,
            args: [
                '--no-sandbox',
                '--disable-dev-shm-usage',
                '--disable-gpu',
                '--host-resolver-rules=MAP ' + ELSEWHERE + ' 127.0.0.1',
            ],
        });
        house.shots = process.env.REPRISE_WEB_SHOTS ?? join(process.cwd(), 'screenshots');
        mkdirSync(house.shots, { recursive: true });
        return house;
    }

    async close() {
        await this.browser?.close();
        await this.installation?.end();
    }

    ask(name, given) {
        return this.installation.ask(name, given);
    }

    get url() {
        return this.installation.url;
    }

    /* A fresh browser profile; logged in unless `login` is false. `url`: another address of the dashboard; `expected`: as
     * of watch; `form`: viewport, colorScheme, … */
    async visit(hash = '#/', { login = true, url = this.url, expected = [], ...form } = {}) {
        const context = await this.browser.newContext({
            viewport: { width: 1280, height: 900 },
            reducedMotion: 'reduce',
            ...form,
        });
        const page = await context.newPage();
        page.setDefaultTimeout(PATIENCE_MS);
        page.watched = watch(page, url);
        expected.forEach(page.watched.expect);
        await page.goto(url + '/' + hash);
        if (login) await this.logIn(page);
        return page;
    }

    async logIn(page, password = this.installation.password) {
        await page.getByLabel('Name').fill(this.installation.user);
        await page.getByLabel('Password').fill(password);
        await page.getByRole('button', { name: 'Log in' }).click();
        if (password === this.installation.password) await page.getByRole('navigation', { name: 'Main' }).waitFor();
    }

    async shot(page, name) {
        await page.screenshot({ path: join(this.shots, name + '.png') });
    }

    /* Ends a visit: nothing unseemly may have happened in it. */
    async leave(page) {
        await page.context().close();
        assert.deepEqual(page.watched.findings, []);
    }
}

/* Serious faults of accessibility, by axe-core: none may be there. */
export async function assertAccessible(page, where) {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    const serious = violations.filter((one) => ['serious', 'critical'].includes(one.impact));
    assert.deepEqual(
        serious.map(
            (one) =>
                one.id + ': ' + one.nodes.map((node) => node.target.join(' ') + ' ' + node.failureSummary).join('; '),
        ),
        [],
        where,
    );
}

/* Nothing reaches out of the window to the right. */
export async function assertFits(page, where) {
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, where + ' is ' + over + ' px wider than the window');
}

/* Asks until `condition()` gives something true; its value. */
export async function eventually(condition, what, patienceMs = PATIENCE_MS) {
    const deadline = Date.now() + patienceMs;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > deadline) throw new Error(what + ': not within ' + patienceMs / 1000 + ' s');
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/* The row of a table that has this text. */
export const rowOf = (page, table, text) =>
    page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text });

/* What a progress bar shows, in percent. */
export const shown = async (bar) => Number(await bar.getAttribute('aria-valuenow'));
