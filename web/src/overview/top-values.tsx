// The commonest values of one field over the last day, each a link to its records.
import type { FacetsAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useEvery, useResource } from '../api/use-resource.ts'
import { clause } from '../search/clause.ts'
import { Sampled } from '../search/sampled.tsx'
import { number } from '../time/format.ts'
import { ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { searchHref } from '../url/url-state.ts'

const shown = 8
const refreshEveryMs = 60_000

type TopValuesProps = {
  readonly class: string
  readonly title: string
  readonly query: string
  readonly field: string
  /** What it means that there are none. */
  readonly empty: string
}

export function TopValues(props: TopValuesProps) {
  const { query, field } = props
  const facets = useResource(`${query} ${field}`, signal =>
    get<FacetsAnswer>('facets', { q: query, from: 'now-24h', to: 'now', fields: field, limit: shown }, signal),
  )
  useEvery(refreshEveryMs, facets.reload)
  const values = facets.data?.facets[field] ?? []
  const most = values[0]?.count ?? 1
  return (
    <section class={`panel ${props.class}`}>
      <div class="panel-head">
        <h2>
          <a class="plain" href={searchHref(query)}>
            {props.title}
          </a>
        </h2>
      </div>
      {facets.error && !facets.data && <ErrorNotice error={facets.error} retry={facets.reload} />}
      {!facets.data && !facets.error && <Skeleton rows={shown} />}
      {facets.data && values.length === 0 && <p class="panel-body hint">{props.empty}</p>}
      <Sampled n={facets.data?.sampled[field]} class="panel-body hint" />
      <ol class="top-values">
        {values.map(({ value, count }) => (
          <li key={value}>
            <a href={searchHref(join(query, field, value))}>
              <span class="top-bar" style={{ inlineSize: `${(count / most) * 100}%` }} />
              <span class={`top-value ${field === 'process.command_line' || field === 'source.ip' ? 'log' : ''}`}>
                <Untrusted text={value} />
              </span>
              <span class="top-count">{number(count)}</span>
            </a>
          </li>
        ))}
      </ol>
    </section>
  )
}

function join(query: string, field: string, value: string): string {
  const filter = clause(field, value)
  return query === '' || query === `${field}:*` ? filter : `${query} ${filter}`
}
