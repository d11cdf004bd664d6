// The whole table of sources, refreshed while the page is open. The server bounds how many there are.
import type { SourceAnswer, SourcesAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { type Resource, useEvery, useResource } from '../api/use-resource.ts'

const pageSize = 5000
const refreshEveryMs = 30_000

export function useSources(): Resource<readonly SourceAnswer[]> {
  const sources = useResource('sources', loadSources)
  useEvery(refreshEveryMs, sources.reload)
  return sources
}

async function loadSources(signal: AbortSignal): Promise<readonly SourceAnswer[]> {
  const sources: SourceAnswer[] = []
  let after: number | null = 0
  while (after !== null) {
    const page: SourcesAnswer = await get<SourcesAnswer>(
      'sources',
      { limit: pageSize, after: after === 0 ? undefined : after },
      signal,
    )
    sources.push(...page.sources)
    after = page.next_after
  }
  return sources
}
