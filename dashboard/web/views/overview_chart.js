/*
 * Settled jobs per minute from the server, and the queue's depth as this page has seen it: Redis keeps no past, and a
 * dashboard that stays open is the only one that wants it.
 */
import { html, useMemo } from '../core/html.js';
import { count } from '../format/number.js';
import { Chart } from '../parts/chart.js';

const KEPT = 240;
const depths = new Map(); // minute (seconds) to the greatest depth seen in it

function noteDepth(queues) {
    const minute = Math.floor(Date.now() / 60000) * 60;
    const depth = queues.reduce((total, queue) => total + queue.waiting + queue.active, 0);
    depths.set(minute, Math.max(depth, depths.get(minute) ?? 0));
    for (const old of [...depths.keys()].slice(0, -KEPT)) depths.delete(old);
}

const series = [
    { label: 'Done per minute', colour: 'accent', fill: true, text: count },
    { label: 'Failed', colour: 'bad', text: count },
    { label: 'Chunks waiting or in hand', colour: 'warn', text: count, right: true },
];

export function OverviewChart({ overview }) {
    const { data, total } = useMemo(() => {
        noteDepth(overview.queues);
        const minutes = overview.minutes.map((one) => ({ ...one, at: Math.floor(Date.parse(one.at) / 1000) }));
        return {
            data: [minutes.map((one) => one.at), minutes.map((one) => one.succeeded + one.skipped), minutes.map((one) => one.failed), minutes.map((one) => depths.get(one.at) ?? null)],
            total: minutes.reduce((sum, one) => sum + one.succeeded + one.skipped + one.failed, 0),
        };
    }, [overview]);
    return html`<${Chart} data=${data} series=${series} label=${'Settled jobs per minute over the last hour, ' + count(total) + ' in all, and chunks waiting'} />`;
}
