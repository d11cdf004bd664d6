// Is anything wrong now? Alerts, the flow of records, hosts, commands, failed logins; or how to connect the first server.
import '../overview/overview.css'
import { useEffect, useState } from 'preact/hooks'
import type { StatusAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useEvery, useResource } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { Connect } from '../overview/connect.tsx'
import { Flow } from '../overview/flow.tsx'
import { HostsPanel } from '../overview/hosts-panel.tsx'
import { OpenAlerts } from '../overview/open-alerts.tsx'
import { TopValues } from '../overview/top-values.tsx'
import { number } from '../time/format.ts'
import { ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { Warnings } from '../ui/warnings.tsx'

const refreshEveryMs = 30_000
const waitingEveryMs = 1000

export function Overview() {
  const status = useResource('status', signal => get<StatusAnswer>('status', {}, signal))
  const isEmpty = status.data !== undefined && status.data.store.newest === null
  // Once shown, the connect page stays until it is left: its green tick is the point.
  const [connecting, setConnecting] = useState(false)
  useEffect(() => {
    if (isEmpty) setConnecting(true)
  }, [isEmpty])
  useEvery(connecting && isEmpty ? waitingEveryMs : refreshEveryMs, status.reload)
  if (!status.data) {
    return (
      <div class="page">
        <h1>{t('nav.overview')}</h1>
        {status.error ? <ErrorNotice error={status.error} retry={status.reload} /> : <Skeleton rows={6} />}
      </div>
    )
  }
  if (connecting) return <Connect status={status.data} leave={() => setConnecting(false)} />
  return <Dashboard status={status.data} />
}

function Dashboard({ status }: { status: StatusAnswer }) {
  return (
    <div class="page">
      <div class="overview-head">
        <h1>{t('nav.overview')}</h1>
        <p class="hint">
          {t('overview.summary', {
            records: number(status.store.records),
            rate: number(Math.round(status.records_per_second * 10) / 10),
          })}
        </p>
      </div>
      <Warnings warnings={status.warnings} />
      <div class="overview">
        <OpenAlerts />
        <Flow />
        <HostsPanel />
        <TopValues
          class="overview-commands"
          title={t('overview.commands')}
          query="process.command_line:*"
          field="process.command_line"
          empty={t('overview.noCommands')}
        />
        <TopValues
          class="overview-third"
          title={t('overview.failedByUser')}
          query="event.outcome:failure"
          field="user.name"
          empty={t('overview.noFailures')}
        />
        <TopValues
          class="overview-third"
          title={t('overview.failedBySource')}
          query="event.outcome:failure"
          field="source.ip"
          empty={t('overview.noFailures')}
        />
        <TopValues
          class="overview-third"
          title={t('overview.apps')}
          query=""
          field="app"
          empty={t('overview.noRecords')}
        />
      </div>
    </div>
  )
}
