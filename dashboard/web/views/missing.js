/* An address that leads nowhere. */
import { html } from '../core/html.js';
import { linkTo } from '../core/router.js';
import { Heading } from '../parts/heading.js';

export function Missing() {
    return html`<${Heading} title="Nothing here"
        below=${html`There is no such page. <a href=${linkTo([])}>To the overview</a>`} />`;
}
