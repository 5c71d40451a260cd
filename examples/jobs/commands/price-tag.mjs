#!/usr/bin/env node
// Writes an order's total as its customers read it: "1.234,50 €". A line of JSON in, a line of JSON out.
import { createInterface } from 'node:readline';

const [locale, currency] = process.argv.slice(2);
const format = new Intl.NumberFormat(locale, { style: 'currency', currency });

function handle({ seq, item }) {
    if (typeof item !== 'number') return { seq, outcome: 'skipped', error: 'the order has no total yet' };
    return { seq, outcome: 'succeeded', result: { tag: format.format(item) } };
}

for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    if (message.stop) break;
    if (message.job) process.stdout.write(JSON.stringify({ done: handle(message.job) }) + '\n');
}
process.exit(0);
