// Short lists beside the books: what is stored, mails, the program itself.
import type { ComponentChildren } from 'preact'
import type { StatusAnswer } from '../api/answers.ts'
import { language, t } from '../i18n/i18n.ts'
import { number } from '../time/format.ts'
import { At } from '../ui/time-text.tsx'
import { Verdict } from '../ui/verdict.tsx'
import { bytes, duration, rate } from './amount.ts'

export function Facts({ status }: { status: StatusAnswer }) {
  const { store, disk, outbox } = status
  const free = t('system.free', {
    free: bytes(disk.free_bytes, language()),
    total: bytes(disk.total_bytes, language()),
  })
  return (
    <>
      <FactList title={t('system.store')}>
        <Fact name={t('system.records')}>{number(store.records)}</Fact>
        <Fact name={t('system.size')}>{bytes(store.bytes, language())}</Fact>
        <Fact name={t('system.days')}>{number(store.days)}</Fact>
        <Fact name={t('system.oldest')}>{store.oldest === null ? '–' : <At time={store.oldest} />}</Fact>
        <Fact name={t('system.newest')}>{store.newest === null ? '–' : <At time={store.newest} />}</Fact>
        <Fact name={t('system.disk')}>{free}</Fact>
      </FactList>
      <FactList title={t('system.mails')}>
        <Fact name={t('system.mailsPending')}>{number(outbox.pending)}</Fact>
        <Fact name={t('system.mailsFailed')}>
          {outbox.failed === 0 ? '0' : <Verdict state="bad" word={number(outbox.failed)} />}
        </Fact>
        <Fact name={t('system.mailsSent')}>{number(outbox.sent)}</Fact>
      </FactList>
      <FactList title="Picket">
        <Fact name={t('system.version')}>{status.version}</Fact>
        <Fact name={t('system.uptime')}>{duration(Date.now() - Date.parse(status.started_at), language())}</Fact>
        <Fact name={t('system.started')}>
          <At time={status.started_at} />
        </Fact>
        <Fact name={t('system.storedRate')}>{rate(status.records_per_second, language())}</Fact>
      </FactList>
    </>
  )
}

function FactList({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>{title}</h2>
      </div>
      <dl class="fact-list">{children}</dl>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
