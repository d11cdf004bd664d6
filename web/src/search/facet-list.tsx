// The commonest values of the fields that searches narrow by.

import { severityNumber, severityNames as severityWords } from '../../../src/model/severity.ts'
import type { FacetsAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useResource } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { compactNumber, number } from '../time/format.ts'
import type { RangeText } from '../time/range.ts'
import { Skeleton } from '../ui/notice.tsx'
import { Severity } from '../ui/rank.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { FilterValue } from './filter-value.tsx'
import { Sampled } from './sampled.tsx'

const facetFields = ['host', 'app', 'severity', 'user.name', 'event.action', 'source.ip'] as const
const shownValues = 8

export function FacetList({ q, range, round }: { q: string; range: RangeText; round: string }) {
  const facets = useResource(JSON.stringify([q, range, round]), signal =>
    get<FacetsAnswer>('facets', { q, ...range, fields: facetFields.join(','), limit: shownValues }, signal),
  )
  if (!facets.data) return facets.loading ? <Skeleton rows={16} /> : null
  const filled = facetFields.filter(field => (facets.data?.facets[field]?.length ?? 0) > 0)
  if (filled.length === 0) return <p class="facets-empty hint">{t('search.noFacets')}</p>
  return (
    <div class={`facets ${facets.loading ? 'stale' : ''}`}>
      {filled.map(field => (
        <section key={field} aria-label={field}>
          <h2 class="minor">{t(`field.${field}`)}</h2>
          <Sampled n={facets.data?.sampled[field]} class="hint" />
          <ul>
            {facets.data?.facets[field]?.map(({ value, count }) => (
              <li key={value}>
                <FilterValue field={field} value={field === 'severity' ? severityWord(value) : value} class="facet">
                  <span class="facet-name">
                    {field === 'severity' ? <Severity severity={severityOf(value)} /> : <Untrusted text={value} />}
                  </span>
                  <span class="facet-count" title={number(count)}>
                    {compactNumber(count)}
                  </span>
                </FilterValue>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

/** The server may say a severity as a word or as a number. */
function severityOf(value: string): number {
  return severityNumber(value) ?? Number(value)
}

function severityWord(value: string): string {
  return severityNumber(value) === undefined ? (severityWords[Number(value)] ?? value) : value
}
