/*
 * A chart over time. It is drawn by plot.js, loaded when the first chart is shown, and drawn again when the system turns
 * dark; its width is its panel's. For screen readers it is one image with a sentence.
 */
import { html, useEffect, useRef } from '../core/html.js';

const plotter = () => import('./plot.js').then((module) => module.default);

/* data: uPlot's columns, seconds first. `label` says in words what is to be seen. */
export function Chart({ data, series, label, empty = 'Nothing to draw yet.' }) {
    const place = useRef(null);
    const shown = useRef(null);
    const latest = useRef(data);
    const many = data[0].length;
    latest.current = data;

    useEffect(() => {
        if (!many) return undefined;
        const box = place.current;
        let plot = null;
        const draw = () => {
            shown.current?.destroy();
            shown.current = plot && plot(box, series, latest.current);
        };
        const dark = matchMedia('(prefers-color-scheme: dark)');
        const resize = new ResizeObserver(() =>
            shown.current?.setSize({ width: box.clientWidth, height: plot.HEIGHT }),
        );
        dark.addEventListener('change', draw);
        resize.observe(box);
        let wanted = true;
        plotter().then((loaded) => {
            if (!wanted) return;
            plot = loaded;
            draw();
        }, () => {}); // the sentence stays: a chart is no reason to fail
        return () => {
            wanted = false;
            dark.removeEventListener('change', draw);
            resize.disconnect();
            shown.current?.destroy();
            shown.current = null;
        };
    }, [many > 0]);
    useEffect(() => shown.current?.setData(data), [data]);

    if (!many) return html`<div class="panel empty">${empty}</div>`;
    return html`<div class="panel chart"><div class="plot" role="img" aria-label=${label} ref=${place}></div></div>`;
}
