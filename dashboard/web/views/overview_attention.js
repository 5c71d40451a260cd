/* What a person should look at, gathered from what the views themselves show. */
import { html } from '../core/html.js';
import { anyOf, useLoad } from '../core/load.js';
import { linkTo } from '../core/router.js';
import { troubleOf } from '../format/definition.js';
import { count } from '../format/number.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Whole } from '../parts/tooltip.js';
import { repositoryOf } from '../parts/links.js';

const AT_MOST = 5;

/* A list of {key, word, name, href, text}. */
export function useAttention(overview) {
    const failed = useLoad(
        '/admin/api/notifications/failed',
        { limit: AT_MOST },
        { on: anyOf('progress'), every: 5000 },
    );
    const definitions = useLoad(
        '/api/workflow-definitions',
        { limit: 1000 },
        { on: anyOf('definitions'), every: 5000 },
    );
    return [
        ...ofEngine(overview),
        ...(definitions.data?.definitions ?? []).filter((one) => one.load_error).map(ofDefinition),
        ...(failed.data?.failed ?? []).map(ofLink),
        ...(failed.data ? ofRest(overview.failed - failed.data.failed.length) : []),
    ];
}

function ofEngine(overview) {
    if (!overview.redis)
        return [
            {
                key: 'redis',
                word: 'silent',
                name: 'Redis does not answer',
                href: linkTo(['queue']),
                text: 'What is asked for is accepted, and begins when it is back.',
            },
        ];
    if (overview.workers.some((one) => one.alive)) return [];
    return [
        {
            key: 'workers',
            word: 'silent',
            name: 'No worker is alive',
            href: linkTo(['queue']),
            text: 'What is asked for is accepted and waits.',
        },
    ];
}

const ofDefinition = (one) => ({
    key: 'definition ' + one.id,
    word: 'load error',
    name: 'definition ' + one.name,
    href: linkTo(['definitions']),
    text: troubleOf(one),
});

const ofLink = (link) => ({
    key: link.app_id + link.repository_id,
    word: 'failed',
    name: repositoryOf(link) + ' → ' + (link.app_name ?? link.app_id),
    href: linkTo(['app', link.app_id]),
    text: link.error,
});

const ofRest = (number) =>
    number > 0
        ? [
              {
                  key: 'rest',
                  word: 'failed',
                  name: count(number) + ' more failed repositories',
                  href: linkTo(['failed']),
                  text: '',
              },
          ]
        : [];

const columns = [
    { title: 'What', cell: (one) => html`<${State} word=${one.word} />` },
    {
        title: 'Where',
        most: true,
        cell: (one) => html`<a href=${one.href}>${one.name}</a><${Whole} text=${one.text} />`,
    },
];

export function Attention({ findings }) {
    return html`<div class="panel"><${Table} label="Needs attention" columns=${columns} rows=${findings}
        keyOf=${(one) => one.key} empty="Nothing. All is well." /></div>`;
}
