// The books as a sum: received, what became of it, and the difference, which is 0 or a bug.
import { differenceOf, losses, type Sums } from '../../../src/model/books.ts'
import type { LedgerAnswer } from '../api/answers.ts'
import { t } from '../i18n/i18n.ts'
import { number } from '../time/format.ts'
import { At } from '../ui/time-text.tsx'
import { Verdict } from '../ui/verdict.tsx'
import { searchHref } from '../url/url-state.ts'
import { transportName } from './transport-name.ts'

/** In the order of the sum; `kernel_dropped` stands apart, because it was never received. */
const outcomes = [
  'stored',
  'waiting',
  'empty',
  'not_allowed',
  'rate_limited',
  'queue_full',
  'disk_full',
  'bad_frame',
  'lost_at_end',
] as const satisfies readonly (keyof Sums)[]

type Column = {
  /** Undefined is the total. */
  readonly transport: string | undefined
  readonly sums: Readonly<Sums>
  readonly difference: number
}

export function LedgerPanel({ ledger }: { ledger: LedgerAnswer }) {
  const { since, at, crashes, difference, listeners, total } = ledger
  const columns: readonly Column[] = [
    { transport: undefined, sums: total, difference },
    ...Object.entries(listeners).map(([transport, sums]) => ({ transport, sums, difference: differenceOf(sums) })),
  ]
  return (
    <>
      <div class="panel-head">
        <h2>{t('system.ledger')}</h2>
        {difference === 0 ? (
          <Verdict state="good" word={t('system.balanced')} />
        ) : (
          <Verdict state="bad" word={t('system.unaccounted', { n: difference })} />
        )}
      </div>
      {difference !== 0 && (
        <div class="panel-body">
          <p class="notice-error" role="alert">
            {t('system.unaccountedHint')}
          </p>
        </div>
      )}
      <div class="table-panel" tabIndex={0} role="region" aria-label={t('system.ledger')}>
        <table class="table ledger">
          <thead>
            <tr>
              <th scope="col">{t('system.messages')}</th>
              {columns.map(({ transport }) => (
                <th key={transport ?? 'total'} scope="col" class="number">
                  {transport === undefined ? t('system.total') : transportName(transport)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr class="ledger-received">
              <Place name="received" />
              {columns.map(({ transport, sums }) => (
                <td key={transport ?? 'total'} class="number">
                  {number(sums.received)}
                </td>
              ))}
            </tr>
            {outcomes.map((name, index) => (
              <tr key={name}>
                <Place name={name} sign={index === 0 ? '=' : '+'} />
                {columns.map(column => (
                  <Count key={column.transport ?? 'total'} name={name} column={column} since={since} />
                ))}
              </tr>
            ))}
            <tr class="ledger-difference">
              <th scope="row">
                <span class="ledger-sign" />
                {t('system.difference')}
              </th>
              {columns.map(column => (
                <td key={column.transport ?? 'total'} class="number">
                  <Verdict state={column.difference === 0 ? 'good' : 'bad'} word={number(column.difference)} />
                </td>
              ))}
            </tr>
            <tr class="ledger-apart">
              <Place name="kernel_dropped" />
              {columns.map(column => (
                <Count key={column.transport ?? 'total'} name="kernel_dropped" column={column} since={since} />
              ))}
            </tr>
          </tbody>
        </table>
      </div>
      <p class="hint ledger-foot">
        {t('system.since')} <At time={since} /> · {t('system.noted')} <At time={at} />
        {crashes > 0 && ` · ${t('system.crashes', { n: crashes })}`}
      </p>
    </>
  )
}

function Place({ name, sign = '' }: { name: keyof Sums; sign?: string }) {
  return (
    <th scope="row" title={t(`system.ledgerHint.${name}`)}>
      <span class="ledger-sign" aria-hidden="true">
        {sign}
      </span>
      {t(`system.ledger.${name}`)}
    </th>
  )
}

/** A number that leads to its records: what is stored, or what Picket wrote about a loss. */
function Count({ name, column, since }: { name: keyof Sums; column: Column; since: string }) {
  const count = column.sums[name]
  const range = { from: since, to: 'now' }
  const isLoss = losses.some(loss => loss === name)
  if (count === 0) return <td class="number zero">0</td>
  return (
    <td class="number">
      {isLoss ? (
        <a href={searchHref('transport:internal msgid:LOSS', range)}>
          <Verdict state="warning" word={number(count)} />
        </a>
      ) : name === 'stored' ? (
        <a href={searchHref(column.transport === undefined ? '' : `transport:${column.transport}`, range)}>
          {number(count)}
        </a>
      ) : (
        number(count)
      )}
    </td>
  )
}
