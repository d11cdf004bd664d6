// Who sends, and who fell silent: one row per host; the filter and the open host are in the URL.
import '../hosts/hosts.css'
import { useMemo, useRef, useState } from 'preact/hooks'
import { filterHosts, type Host, hasState, hostsOf, readHostFilter, statesByUrgency } from '../hosts/host.ts'
import { HostRow, hostRowId } from '../hosts/host-row.tsx'
import { useSources } from '../hosts/use-sources.ts'
import { t } from '../i18n/i18n.ts'
import { useKeys } from '../keyboard/keys.ts'
import { number } from '../time/format.ts'
import { EmptyNotice, ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { SourceStateMark } from '../ui/rank.tsx'
import { useUrlState } from '../url/url-state.ts'

/** So many rows are drawn at first and with each "more". */
const pageSize = 200

export function Hosts() {
  const { query, update } = useUrlState()
  const sources = useSources()
  const filter = readHostFilter(query)
  const [shown, setShown] = useState(pageSize)
  const [cursor, setCursor] = useState(query['open'])
  const text = useRef<HTMLInputElement>(null)
  const all = useMemo(() => hostsOf(sources.data ?? []), [sources.data])
  const fitting = filterHosts(all, filter)
  const rows = fitting.slice(0, shown)
  const openName = query['open']

  const toggle = (name: string) => {
    setCursor(name)
    update({ open: name === openName ? undefined : name }, { replace: true })
  }
  const move = (step: number) => {
    const index = rows.findIndex(host => host.name === cursor)
    const next = rows[Math.min(Math.max(index + step, 0), rows.length - 1)]
    if (!next) return
    setCursor(next.name)
    document.getElementById(hostRowId(next))?.scrollIntoView({ block: 'nearest' })
  }
  const open = () => {
    if (rows.some(host => host.name === cursor)) toggle(cursor ?? '')
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    o: open,
    Enter: open,
    Escape: () => update({ open: undefined }, { replace: true }),
    '/': event => {
      event.preventDefault()
      text.current?.focus()
    },
  })
  return (
    <div class="page">
      <div class="hosts-head">
        <h1>{t('nav.hosts')}</h1>
        <StateChoice hosts={sources.data && all} chosen={filter.state} choose={state => update({ state })} />
        <label class="hosts-text">
          <span class="visually-hidden">{t('hosts.filter')}</span>
          <input
            ref={text}
            type="search"
            class="input"
            value={filter.text}
            placeholder={t('hosts.filterPlaceholder')}
            onInput={event => update({ text: event.currentTarget.value }, { replace: true })}
            onKeyDown={event => event.key === 'Escape' && event.currentTarget.blur()}
          />
        </label>
      </div>
      {sources.error && <ErrorNotice error={sources.error} retry={sources.reload} />}
      {(sources.data || !sources.error) && (
        <div class="panel table-panel" tabIndex={0} role="region" aria-label={t('nav.hosts')}>
          {!sources.data && <Skeleton rows={8} />}
          {sources.data && all.length === 0 && (
            <EmptyNotice title={t('hosts.none')}>
              <a class="button small" href="/">
                {t('hosts.connect')}
              </a>
            </EmptyNotice>
          )}
          {all.length > 0 && fitting.length === 0 && (
            <EmptyNotice title={t('hosts.noMatch')}>
              <button type="button" class="button small" onClick={() => update({ state: undefined, text: undefined })}>
                {t('hosts.showAll')}
              </button>
            </EmptyNotice>
          )}
          {rows.length > 0 && (
            <table class="table hosts-table">
              <HostTableHead />
              <tbody>
                {rows.map(host => (
                  <HostRow
                    key={host.name}
                    host={host}
                    isOpen={host.name === openName}
                    isCursor={host.name === cursor}
                    toggle={() => toggle(host.name)}
                    changed={sources.reload}
                  />
                ))}
              </tbody>
            </table>
          )}
          {fitting.length > shown && (
            <div class="hosts-more">
              <button type="button" class="button small" onClick={() => setShown(shown + pageSize)}>
                {t('hosts.more', { n: Math.min(pageSize, fitting.length - shown) })}
              </button>
            </div>
          )}
        </div>
      )}
    </div>
  )
}

type StateChoiceProps = {
  /** undefined while they are not known: then nothing is counted. */
  readonly hosts: readonly Host[] | undefined
  readonly chosen: string | undefined
  readonly choose: (state: string | undefined) => void
}

/** The filter, which also tells what the marks mean and how many hosts have them. */
function StateChoice({ hosts, chosen, choose }: StateChoiceProps) {
  return (
    <div class="row host-states" role="group" aria-label={t('hosts.byState')}>
      <button type="button" class="button small" aria-pressed={chosen === undefined} onClick={() => choose(undefined)}>
        {t('hosts.every')} {hosts && <span class="host-count">{number(hosts.length)}</span>}
      </button>
      {statesByUrgency.map(state => (
        <button
          key={state}
          type="button"
          class="button small"
          aria-pressed={chosen === state}
          onClick={() => choose(chosen === state ? undefined : state)}
        >
          <SourceStateMark state={state} />
          {hosts && <span class="host-count">{number(hosts.filter(host => hasState(host, state)).length)}</span>}
        </button>
      ))}
    </div>
  )
}

function HostTableHead() {
  return (
    <thead>
      <tr>
        <th scope="col">{t('hosts.host')}</th>
        <th scope="col">{t('hosts.state')}</th>
        <th scope="col">{t('hosts.channels')}</th>
        <th scope="col">{t('hosts.lastSeen')}</th>
        <th scope="col">{t('hosts.day')}</th>
        <th scope="col">{t('hosts.from')}</th>
        <th scope="col">{t('hosts.clock')}</th>
      </tr>
    </thead>
  )
}
