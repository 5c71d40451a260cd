/*
 * Draws a chart over time by uPlot, which is large: chart.js loads this module when the first chart is shown. Colours are
 * the page's, read from the style sheet.
 */
import uPlot from '../lib/uplot.js';

const HEIGHT = 180;
const TWO_DAYS_S = 2 * 86400;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function colour(name) {
    return getComputedStyle(document.documentElement)
        .getPropertyValue('--' + name)
        .trim();
}

function axis(more) {
    const line = { stroke: colour('line'), width: 1 };
    return { stroke: colour('dim'), grid: line, ticks: line, font: '12px system-ui, sans-serif', ...more };
}

/* "14:20" within two days, else "21 Nov": UTC, as everywhere. */
function times(plot, values) {
    const short = plot.scales.x.max - plot.scales.x.min < TWO_DAYS_S;
    return values.map((value) => {
        const at = new Date(value * 1000);
        return short ? at.toISOString().slice(11, 16) : at.getUTCDate() + ' ' + MONTHS[at.getUTCMonth()];
    });
}

const moment = (value) => (value ? new Date(value * 1000).toISOString().slice(0, 16).replace('T', ' ') : '—');

/* series: [{label, colour, fill, bars, right, text(value), short(value), steps}]; `short` and `steps` are its axis'. */
function drawn(one) {
    const stroke = colour(one.colour);
    const line = { width: 1.5, fill: one.fill ? colour('accent-soft') : undefined };
    const bars = { width: 0, fill: stroke, paths: uPlot.paths.bars({ size: [0.7, 40] }) };
    const text = (_, value) => (value === null || value === undefined ? '—' : one.text(value));
    return {
        label: one.label,
        stroke,
        points: one.bars ? { show: false } : { size: 4 },
        scale: one.right ? 'right' : 'y',
        spanGaps: true,
        value: text,
        ...(one.bars ? bars : line),
    };
}

function valueAxis(one, more) {
    const text = one.short ?? one.text;
    return axis({
        values: (_, values) => values.map((value) => (value === null ? '' : text(value))),
        incrs: one.steps,
        size: 60,
        ...more,
    });
}

/* With room for half a bar at each end. */
function rangeWithBars(plot, low, high) {
    const times = plot.data[0];
    const half = times.length > 1 ? (times[1] - times[0]) / 2 : 43200;
    return [low - half, high + half];
}

function options(width, series) {
    const right = series.find((one) => one.right);
    const left = series.find((one) => !one.right);
    const axes = [axis({ values: times, size: 34 }), valueAxis(left, {})];
    if (right) axes.push(valueAxis(right, { side: 1, scale: 'right', grid: { show: false } }));
    const range = (_, low, high) => [0, high > 0 ? high * 1.08 : 1];
    return {
        width,
        height: HEIGHT,
        axes,
        scales: { x: left.bars ? { range: rangeWithBars } : {}, y: { range }, right: { range } },
        cursor: { y: false, drag: { x: false, y: false } },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        series: [{ label: 'UTC', value: (_, at) => moment(at) }, ...series.map(drawn)],
    };
}

/* A chart in `box`, as wide as it is: {setData, setSize, destroy, data} of uPlot. */
export default function plot(box, series, data) {
    return new uPlot(options(box.clientWidth, series), data, box);
}

plot.HEIGHT = HEIGHT;
