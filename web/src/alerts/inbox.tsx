// The list of alerts, like a mail client's: level, rule, host and user, how often, when.
import { alertStates } from '../../../src/model/alert.ts'
import { levels } from '../../../src/model/rule.ts'
import type { AlertSummary } from '../api/answers.ts'
import { t } from '../i18n/i18n.ts'
import { number } from '../time/format.ts'
import { EmptyNotice, ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { LevelMark } from '../ui/rank.tsx'
import { Ago } from '../ui/time-text.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import type { AlertFilter, InboxState } from './use-inbox.ts'

type InboxProps = {
  readonly inbox: InboxState
  readonly filter: AlertFilter
  readonly setFilter: (filter: AlertFilter) => void
  readonly openId: number | undefined
  readonly cursorId: number | undefined
  readonly linkTo: (id: number) => string
}

export function Inbox({ inbox, filter, setFilter, openId, cursorId, linkTo }: InboxProps) {
  // With an alert open its title is the heading of the page.
  const Heading = openId === undefined ? 'h1' : 'h2'
  return (
    <>
      <div class="inbox-head">
        <Heading class="page-title">{t('nav.alerts')}</Heading>
        <div class="row inbox-filters">
          <div class="states" role="group" aria-label={t('alerts.byState')}>
            {alertStates.map(state => (
              <button
                key={state}
                type="button"
                class="button small"
                aria-pressed={filter.state === state}
                onClick={() => setFilter({ ...filter, state })}
              >
                {t(`alerts.state.${state}`)}
                {inbox.counts && <span class="state-count">{number(inbox.counts[state])}</span>}
              </button>
            ))}
          </div>
          <label>
            <span class="visually-hidden">{t('alerts.byLevel')}</span>
            <select
              class="input level-choice"
              value={filter.level ?? ''}
              onChange={event =>
                setFilter({ ...filter, level: levels.find(level => level === event.currentTarget.value) })
              }
            >
              <option value="">{t('alerts.everyLevel')}</option>
              {levels.toReversed().map(level => (
                <option key={level} value={level}>
                  {t(`level.${level}`)}
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
      {inbox.error && <ErrorNotice error={inbox.error} retry={inbox.reload} />}
      {inbox.loading && <Skeleton rows={10} />}
      {!inbox.loading && !inbox.error && inbox.alerts.length === 0 && <NoAlerts filter={filter} />}
      <ul class="inbox">
        {inbox.alerts.map(alert => (
          <li key={alert.id} id={`alert-${alert.id}`}>
            <AlertRow
              alert={alert}
              isOpen={alert.id === openId}
              isCursor={alert.id === cursorId}
              link={linkTo(alert.id)}
            />
          </li>
        ))}
      </ul>
      {inbox.loadMore && (
        <div class="inbox-more">
          <button type="button" class="button small" onClick={inbox.loadMore}>
            {t('alerts.older')}
          </button>
        </div>
      )}
    </>
  )
}

type AlertRowProps = { alert: AlertSummary; isOpen: boolean; isCursor: boolean; link: string }

function AlertRow({ alert, isOpen, isCursor, link }: AlertRowProps) {
  return (
    <a class={`inbox-row ${isCursor ? 'is-cursor' : ''}`} href={link} aria-current={isOpen ? 'true' : undefined}>
      <span class="inbox-line">
        <LevelMark level={alert.rule.level} />
        <span class="hint">
          <Ago time={alert.last_at} />
        </span>
      </span>
      <strong class="inbox-title">{alert.rule.title}</strong>
      <span class="inbox-line hint">
        <span class="inbox-where">
          <Untrusted text={[alert.hostname, alert.user, alert.source].filter(Boolean).join(' · ') || '–'} />
        </span>
        {alert.count > 1 && (
          <span class="tag" title={t('alerts.times', { n: alert.count })}>
            ×{number(alert.count)}
          </span>
        )}
      </span>
    </a>
  )
}

function NoAlerts({ filter }: { filter: AlertFilter }) {
  return (
    <EmptyNotice title={t(`alerts.none.${filter.state}`)}>
      <p class="hint">{t('alerts.noneHint')}</p>
      <a class="button small" href="/rules">
        {t('alerts.seeRules')}
      </a>
    </EmptyNotice>
  )
}
