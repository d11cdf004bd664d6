// Find it: the query, its time range, the histogram, the facets and the records; everything is in the URL.
import '../search/search.css'
import { Download, ListFilter, Radio, RotateCw } from 'lucide-preact'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { apiUrl } from '../api/request.ts'
import { t } from '../i18n/i18n.ts'
import { useKeys } from '../keyboard/keys.ts'
import { clause, toggleClause } from '../search/clause.ts'
import { DamagedNote } from '../search/damaged-note.tsx'
import { EmptyResult } from '../search/empty-result.tsx'
import { FacetList } from '../search/facet-list.tsx'
import { type ApplyFilter, FilterContext } from '../search/filter-context.ts'
import { valueAtHand } from '../search/filter-value.tsx'
import { highlighter } from '../search/highlight.ts'
import { HistogramPanel } from '../search/histogram-panel.tsx'
import { LiveBar } from '../search/live-bar.tsx'
import { useLiveTail } from '../search/live-tail.ts'
import { QueryBar, type QueryBarHandle } from '../search/query-bar.tsx'
import { isAlternatives, problemFromServer, problemOf } from '../search/query-problem.ts'
import { QueryProblemNote } from '../search/query-problem-note.tsx'
import { RecordList, type RecordListHandle } from '../search/record-list.tsx'
import { TimePicker } from '../search/time-picker.tsx'
import { useHeld } from '../search/use-held.ts'
import { useSearch } from '../search/use-search.ts'
import { number } from '../time/format.ts'
import { type RangeText, readRange } from '../time/range.ts'
import { ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { useUrlState } from '../url/url-state.ts'

export function Search() {
  const { query, update } = useUrlState()
  const q = query['q'] ?? ''
  const range = readRange(query)
  const live = query['live'] === '1'
  const [round, setRound] = useState(0)
  const [timeOpen, setTimeOpen] = useState(false)
  const [facetsOpen, setFacetsOpen] = useState(false)
  const [cursor, setCursor] = useState(-1)
  const queryBar = useRef<QueryBarHandle>(null)
  const list = useRef<RecordListHandle>(null)
  const results = useRef<HTMLDivElement>(null)

  const parsed = useMemo(() => problemOf(q), [q])
  const search = useSearch(q, range, round, !live && !parsed)
  const held = useHeld(results, live)
  const tail = useLiveTail(q, live && !parsed, held || (live && query['open'] !== undefined))
  const records = live ? tail.records : search.records
  const problem = parsed ?? problemFromServer(search.error)
  const highlight = useMemo(() => highlighter(q), [q])
  useEffect(() => setCursor(-1), [q, range.from, range.to, live])

  const submit = (text: string) => {
    setRound(before => before + 1) // the same query again asks again
    update({ q: text, open: undefined })
  }
  const choose = (next: RangeText) =>
    update({ from: next.from, to: next.to === 'now' ? undefined : next.to, open: undefined, live: undefined })
  const toggle = (index: number) => {
    const id = records[index]?.id
    setCursor(index)
    update({ open: id === query['open'] ? undefined : id }, { replace: true })
  }
  const apply: ApplyFilter = useCallback(
    (field, value, { exclude }) => {
      const filter = `${exclude ? '-' : ''}${clause(field, value)}`
      update({ q: toggleClause(q, filter, isAlternatives(q)), open: undefined })
    },
    [q, query],
  )
  const move = (step: number) => {
    const next = Math.min(Math.max(cursor + step, 0), records.length - 1)
    setCursor(next)
    list.current?.show(next)
  }
  const excludeAtHand = () => {
    const value = valueAtHand()
    if (value) apply(value.field, value.value, { exclude: true })
  }
  useKeys({
    '/': event => {
      event.preventDefault()
      queryBar.current?.focus()
    },
    t: event => {
      event.preventDefault()
      setTimeOpen(true)
    },
    l: () => update({ live: live ? undefined : '1' }),
    j: () => move(1),
    k: () => move(-1),
    o: () => toggle(Math.max(cursor, 0)),
    Enter: () => toggle(Math.max(cursor, 0)),
    x: excludeAtHand,
    Escape: () => update({ open: undefined }, { replace: true }),
  })

  return (
    <FilterContext.Provider value={apply}>
      <div class="search">
        <h1 class="visually-hidden">{t('nav.search')}</h1>
        <div class="search-bar">
          <QueryBar q={q} range={range} problem={problem} submit={submit} handle={queryBar} />
          <TimePicker range={range} open={timeOpen} setOpen={setTimeOpen} choose={choose} />
          <button
            type="button"
            class="button"
            aria-pressed={live}
            title={t('search.liveHint')}
            onClick={() => update({ live: live ? undefined : '1' })}
          >
            <Radio size={16} aria-hidden="true" />
            {t('search.live')}
          </button>
        </div>
        {problem && <QueryProblemNote q={q} problem={problem} submit={submit} />}
        {!problem && (
          <div class="search-body">
            <aside class={`search-facets ${facetsOpen ? 'is-open' : ''}`} aria-label={t('search.facets')}>
              <button
                type="button"
                class="button small facets-toggle"
                aria-expanded={facetsOpen}
                onClick={() => setFacetsOpen(!facetsOpen)}
              >
                <ListFilter size={14} aria-hidden="true" />
                {t('search.facets')}
              </button>
              {/* The first record of a live tail gives the column something to count. */}
              <FacetList q={q} range={range} round={`${round} ${live && records.length > 0}`} />
            </aside>
            <div class="search-main">
              {live ? (
                <LiveBar tail={tail} held={held || query['open'] !== undefined} />
              ) : (
                <HistogramPanel q={q} range={range} round={round} zoom={choose} />
              )}
              {!live && <DamagedNote damaged={search.damaged} />}
              {search.error && !live && <ErrorNotice error={search.error} retry={search.reload} />}
              <div ref={results} class={`panel results ${search.loading && !live ? 'stale' : ''}`}>
                {!live && (
                  <div class="panel-head results-head">
                    <p class="hint">
                      {search.answer &&
                        t('search.took', {
                          shown: search.records.length,
                          seconds: (search.tookMs / 1000).toFixed(3),
                          scanned: number(search.scanned),
                        })}
                    </p>
                    <div class="row">
                      <button type="button" class="button small quiet" onClick={() => setRound(round + 1)}>
                        <RotateCw size={14} aria-hidden="true" />
                        {t('search.again')}
                      </button>
                      {(['csv', 'ndjson'] as const).map(format => (
                        <a
                          key={format}
                          class="button small quiet"
                          download
                          href={apiUrl('export', { q, ...range, format })}
                        >
                          <Download size={14} aria-hidden="true" />
                          {format.toUpperCase()}
                        </a>
                      ))}
                    </div>
                  </div>
                )}
                {!live && !search.answer && !search.error && <Skeleton rows={12} />}
                {!live && search.answer && records.length === 0 && !search.hasMore && (
                  <EmptyResult q={q} range={range} choose={choose} />
                )}
                {records.length > 0 && (
                  <RecordList
                    records={records}
                    openId={query['open']}
                    cursor={cursor}
                    highlight={highlight}
                    toggle={toggle}
                    handle={list}
                  />
                )}
                {!live && search.hasMore && (
                  <div class="results-more">
                    {search.loadingMore && (
                      <p class="hint">{t('search.goesOn', { scanned: number(search.scanned) })}</p>
                    )}
                    <button type="button" class="button" onClick={search.loadingMore ? search.stop : search.loadMore}>
                      {t(search.loadingMore ? 'search.stop' : 'search.more')}
                    </button>
                  </div>
                )}
              </div>
            </div>
          </div>
        )}
      </div>
    </FilterContext.Provider>
  )
}
