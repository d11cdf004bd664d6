// Where Picket listens, and what comes in there.
import type { StatusAnswer } from '../api/answers.ts'
import { language, t } from '../i18n/i18n.ts'
import { number } from '../time/format.ts'
import { EmptyNotice } from '../ui/notice.tsx'
import { bytes, rate } from './amount.ts'
import { transportName } from './transport-name.ts'

export function ListenersPanel({ status: { receive } }: { status: StatusAnswer }) {
  return (
    <>
      <div class="panel-head">
        <h2>{t('system.listeners')}</h2>
      </div>
      {receive.length === 0 ? (
        <EmptyNotice title={t('connect.noListener')} />
      ) : (
        <div class="table-panel" tabIndex={0} role="region" aria-label={t('system.listeners')}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t('system.transport')}</th>
                <th scope="col">{t('system.address')}</th>
                <th scope="col" class="number">
                  {t('system.rate')}
                </th>
                <th scope="col" class="number">
                  {t('system.messages')}
                </th>
                <th scope="col" class="number">
                  {t('system.received')}
                </th>
                <th scope="col" class="number">
                  {t('system.connections')}
                </th>
              </tr>
            </thead>
            <tbody>
              {receive.map(listener => (
                <tr key={`${listener.transport} ${listener.port}`}>
                  <td>{transportName(listener.transport)}</td>
                  <td class="log">{socketAddress(listener)}</td>
                  <td class="number">{rate(listener.frames_per_second, language())}</td>
                  <td class="number">{number(listener.frames)}</td>
                  <td class="number">{bytes(listener.bytes, language())}</td>
                  <td class="number">{listener.connections === null ? '–' : number(listener.connections)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  )
}

function socketAddress({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
