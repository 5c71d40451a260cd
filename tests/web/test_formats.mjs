/* How numbers, times, money and names are written. Needs no browser. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { troubleOf } from '../../dashboard/web/format/definition.js';
import { dollars, exactDollars } from '../../dashboard/web/format/money.js';
import { bytes, count, countOf, percent, rate, share } from '../../dashboard/web/format/number.js';
import { nameOfOperation } from '../../dashboard/web/format/operation.js';
import { duration, exact, relative, seconds } from '../../dashboard/web/format/time.js';

/* Each [arguments, expected]. */
const all = (form, cases) => {
    for (const [given, expected] of cases) assert.equal(form(...given), expected, form.name + '(' + given + ')');
};

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test('counts are grouped by threes, and what is not known is a dash', () => {
    all(count, [
        [[0], '0'],
        [[999], '999'],
        [[1000], '1\u202f000'],
        [[1234567], '1\u202f234\u202f567'],
        [[null], '—'],
        [[undefined], '—'],
    ]);
    all(countOf, [
        [[1, 'job'], '1 job'],
        [[0, 'job'], '0 jobs'],
        [[2, 'history', 'histories'], '2 histories'],
    ]);
});

test('a share is rounded down: 100 is said only when all is done', () => {
    all(share, [
        [[999999, 1000000], 99.99],
        [[1, 1], 100],
        [[0, 0], 0],
        [[1, 3], 33.33],
    ]);
    all(percent, [
        [[99.99, 2], '99.99\u00a0%'],
        [[null], '—'],
    ]);
});

test('rates and sizes', () => {
    all(rate, [
        [[0], ''],
        [[-1], ''],
        [[8.46], '8.5/s'],
        [[18342.4], '18\u202f342/s'],
    ]);
    all(bytes, [
        [[0], '0\u00a0bytes'],
        [[1023], '1\u202f023\u00a0bytes'],
        [[1536], '1.5\u00a0KiB'],
        [[3 * 2 ** 40], '3.0\u00a0TiB'],
        [[null], '—'],
    ]);
});

test('money to the cent, small sums to where they begin, exact where it is asked for', () => {
    all(dollars, [
        [[2.37], '$2.37'],
        [[1426.5], '$1,426.50'],
        [[1234567.891], '$1,234,567.89'],
        [[0], '$0.00'],
        [[0.09], '$0.0900'],
        [[0.00421], '$0.0042'],
        [[null], '—'],
    ]);
    all(exactDollars, [
        [[2.37], '$2.37'],
        [[0.123456789], '$0.123456789'],
        [[1], '$1.00'],
        [[null], ''],
    ]);
});

test('lengths of time in two units at most', () => {
    all(duration, [
        [[412], '412 ms'],
        [[1234], '1.2 s'],
        [[59999], '59 s'],
        [[70 * 1000], '1 min 10 s'],
        [[2 * MINUTE], '2 min'],
        [[HOUR + 5 * MINUTE], '1 h 5 min'],
        [[DAY], '1 day'],
        [[3.5 * DAY], '3 days'],
        [[null], '—'],
        [[-5], '0 ms'],
    ]);
    all(seconds, [
        [[70], '1 min 10 s'],
        [[null], '—'],
    ]);
});

test('times relative, with the exact one in UTC', () => {
    const now = Date.UTC(2026, 10, 21, 14, 2, 11);
    all(
        (ms) => relative(ms, now),
        [
            [[now], 'now'],
            [[now - 30 * 1000], '30 s ago'],
            [[now - 4 * MINUTE], '4 min ago'],
            [[now - 2 * HOUR], '2 h ago'],
            [[now - DAY], '1 day ago'],
            [[now - 90 * DAY], '3 months ago'],
            [[now + 22 * MINUTE], 'in 22 min'],
        ],
    );
    assert.equal(exact(now), '2026-11-21 14:02:11 UTC');
    assert.match(exact(now, 'local'), /^2026-11-2[0-2] \d\d:\d\d:11 UTC([+−]\d+(:\d\d)?)?$/);
});

test('an operation is called by what it is for, an unknown one by its definition', () => {
    all(
        (definition, subject) => nameOfOperation({ definition, subject }),
        [
            [['resync-app', 'Acme Docs'], 'Re-sync all of Acme Docs'],
            [['my-own', 'things'], 'my-own: things'],
            [['rescan', ''], 'rescan'],
        ],
    );
});

test('what is wrong with a definition says where, if that is known', () => {
    const one = { load_error: 'there is no job "x"', load_error_line: 5, load_error_column: 10, path: '/d/x.yaml' };
    assert.equal(troubleOf(one), 'line 5, column 10: there is no job "x"\n/d/x.yaml');
    assert.equal(troubleOf({ ...one, load_error_line: 0 }), 'there is no job "x"\n/d/x.yaml');
});
