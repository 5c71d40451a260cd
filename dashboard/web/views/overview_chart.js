/* Outcomes and the queue's depth over time, as this page has seen them. */
import { html, useMemo } from '../core/html.js';
import { noteDepth, samples } from '../core/samples.js';
import { count, rate } from '../format/number.js';
import { Chart } from '../parts/chart.js';

const perSecond = (value) => rate(value) || '0/s';

const series = [
    { label: 'Done', colour: 'accent', fill: true, text: perSecond },
    { label: 'Failed', colour: 'bad', text: perSecond },
    { label: 'Chunks waiting or in hand', colour: 'warn', text: count, right: true },
];

const depthOf = (queues) => queues.reduce((total, queue) => total + queue.queued_chunks + queue.active_chunks, 0);

export function OverviewChart({ overview }) {
    const data = useMemo(() => {
        if (overview.queues) noteDepth(depthOf(overview.queues));
        return samples();
    }, [overview]);
    const minutes = Math.max(1, Math.round((data[0][data[0].length - 1] - data[0][0]) / 60));
    return html`<${Chart} data=${data} series=${series}
        label=${'Settled jobs per second and chunks waiting, over ' + minutes + ' minutes'} />`;
}
