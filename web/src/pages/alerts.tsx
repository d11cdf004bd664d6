// What needs me: the inbox and one alert beside it; the filter and the open alert are in the URL.
import '../alerts/alerts.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import { AlertDetailPane } from '../alerts/alert-detail.tsx'
import { alertsChanged } from '../alerts/alerts-changed.ts'
import { Inbox } from '../alerts/inbox.tsx'
import { type AlertFilter, readFilter, useInbox } from '../alerts/use-inbox.ts'
import { t } from '../i18n/i18n.ts'
import { useKeys } from '../keyboard/keys.ts'
import { href } from '../url/url-state.ts'

export function Alerts() {
  const { route, query } = useLocation()
  const { params } = useRoute()
  const openId = params['id'] === undefined ? undefined : Number(params['id'])
  const filter = readFilter(query)
  const inbox = useInbox(filter)
  const [cursorId, setCursorId] = useState(openId)
  const lastIndex = useRef(0)
  const actions = useRef<{ acknowledge: () => void; close: () => void }>(null)
  useEffect(() => {
    if (openId !== undefined) setCursorId(openId)
  }, [openId])

  const cursorIndex = inbox.alerts.findIndex(alert => alert.id === cursorId)
  if (cursorIndex >= 0) lastIndex.current = cursorIndex

  const linkTo = (id: number) => href(`/alerts/${id}`, query)
  const setFilter = (next: AlertFilter) =>
    route(href('/alerts', { state: next.state === 'open' ? undefined : next.state, level: next.level }))
  const move = (step: number) => {
    // An alert that left this list (acknowledged, closed) gave its place to the next one.
    const index = cursorIndex >= 0 ? cursorIndex + step : step > 0 ? lastIndex.current : lastIndex.current - 1
    const next = inbox.alerts[Math.min(Math.max(index, 0), inbox.alerts.length - 1)]
    if (!next) return
    setCursorId(next.id)
    document.getElementById(`alert-${next.id}`)?.scrollIntoView({ block: 'nearest' })
    // Beside an open alert the next one opens at once, like mail.
    if (openId !== undefined) route(linkTo(next.id), true)
  }
  const open = () => {
    if (cursorId !== undefined) route(linkTo(cursorId))
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    o: open,
    Enter: open,
    a: () => actions.current?.acknowledge(),
    c: event => {
      event.preventDefault()
      actions.current?.close()
    },
  })
  return (
    <div class={`alerts ${openId === undefined ? '' : 'has-open'}`}>
      <section class="alerts-inbox" aria-label={t('alerts.inbox')}>
        <Inbox
          inbox={inbox}
          filter={filter}
          setFilter={setFilter}
          openId={openId}
          cursorId={cursorId}
          linkTo={linkTo}
        />
      </section>
      <section class="alerts-detail" aria-label={t('alerts.detail')}>
        {openId === undefined ? (
          <p class="alerts-choose hint">{t('alerts.choose')}</p>
        ) : (
          <AlertDetailPane
            key={openId}
            id={openId}
            back={href('/alerts', query)}
            changed={() => {
              alertsChanged.value++
              inbox.reload()
            }}
            actions={actions}
          />
        )}
      </section>
    </div>
  )
}
