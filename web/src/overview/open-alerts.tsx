// How many alerts are open on each level, and the newest of them.
import { type AlertSummary, type AlertsAnswer, type Level } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useEvery, useResource } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { number } from '../time/format.ts'
import { ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { LevelMark } from '../ui/rank.tsx'
import { Ago } from '../ui/time-text.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { href } from '../url/url-state.ts'

const shownLevels: readonly Level[] = ['critical', 'high', 'medium', 'low', 'informational']
const shownAlerts = 5
const refreshEveryMs = 20_000

export function OpenAlerts() {
  const alerts = useResource('open', signal => get<AlertsAnswer>('alerts', { state: 'open', limit: 500 }, signal))
  useEvery(refreshEveryMs, alerts.reload)
  const open = alerts.data?.alerts ?? []
  return (
    <section class="panel overview-alerts">
      <div class="panel-head">
        <h2>{t('overview.openAlerts')}</h2>
        <a href="/alerts">{t('overview.allAlerts')}</a>
      </div>
      {alerts.error && !alerts.data && <ErrorNotice error={alerts.error} retry={alerts.reload} />}
      {!alerts.data && !alerts.error && <Skeleton rows={4} />}
      {alerts.data && <LevelCounts open={open} />}
      {alerts.data && open.length === 0 && <p class="panel-body hint">{t('overview.noAlerts')}</p>}
      <ul class="newest-alerts">
        {newest(open).map(alert => (
          <li key={alert.id}>
            <a href={`/alerts/${alert.id}`}>
              <LevelMark level={alert.rule.level} />
              <span class="newest-title">{alert.rule.title}</span>
              <span class="hint">
                <Untrusted text={alert.hostname ?? '–'} />
              </span>
              <span class="hint newest-time">
                <Ago time={alert.last_at} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

function LevelCounts({ open }: { open: readonly AlertSummary[] }) {
  return (
    <ul class="level-counts">
      {shownLevels.map(level => {
        const count = open.filter(alert => alert.rule.level === level).length
        return (
          <li key={level}>
            <a class={count === 0 ? 'none' : ''} href={href('/alerts', { level })}>
              <b>{number(count)}</b>
              <LevelMark level={level} />
            </a>
          </li>
        )
      })}
    </ul>
  )
}

/** The most urgent first, then the latest. */
function newest(open: readonly AlertSummary[]): readonly AlertSummary[] {
  return open
    .toSorted(
      (a, b) =>
        shownLevels.indexOf(a.rule.level) - shownLevels.indexOf(b.rule.level) || b.last_at.localeCompare(a.last_at),
    )
    .slice(0, shownAlerts)
}
