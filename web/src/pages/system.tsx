// Is the watchman awake? Warnings, the books that must balance, listeners, what is stored, mails, version.
import '../hosts/hosts.css'
import '../system/system.css'
import type { LedgerAnswer, StatusAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useEvery, useResource } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { Facts } from '../system/facts.tsx'
import { LedgerPanel } from '../system/ledger-panel.tsx'
import { ListenersPanel } from '../system/listeners-panel.tsx'
import { ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { Verdict } from '../ui/verdict.tsx'
import { Warnings } from '../ui/warnings.tsx'

const refreshEveryMs = 10_000

export function System() {
  const status = useResource('status', signal => get<StatusAnswer>('status', {}, signal))
  const ledger = useResource('ledger', signal => get<LedgerAnswer>('ledger', {}, signal))
  const reload = () => {
    status.reload()
    ledger.reload()
  }
  useEvery(refreshEveryMs, reload)
  const error = status.error ?? ledger.error
  return (
    <div class="page">
      <div class="system-head">
        <h1>{t('nav.system')}</h1>
        {status.data?.warnings.length === 0 && !error && <Verdict state="good" word={t('system.well')} />}
      </div>
      {error && <ErrorNotice error={error} retry={reload} />}
      <Warnings warnings={status.data?.warnings ?? []} />
      <div class="system">
        <section class="panel system-ledger">
          {ledger.data ? <LedgerPanel ledger={ledger.data} /> : !ledger.error && <Skeleton rows={13} />}
        </section>
        <div class="system-facts">
          {status.data ? <Facts status={status.data} /> : !status.error && <FactsSkeleton />}
        </div>
        <section class="panel system-listeners">
          {status.data ? <ListenersPanel status={status.data} /> : !status.error && <Skeleton rows={4} />}
        </section>
      </div>
    </div>
  )
}

function FactsSkeleton() {
  return (
    <section class="panel">
      <Skeleton rows={12} />
    </section>
  )
}
