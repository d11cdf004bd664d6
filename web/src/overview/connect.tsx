// Before the first record: the two snippets that connect a server, and a tick that turns green when it worked.
import { CircleCheck, Hourglass } from 'lucide-preact'
import forwardFile from '../../../packaging/client/60-picket-forward.conf?raw'
import historyFile from '../../../packaging/client/picket-history.sh?raw'
import type { RecordsAnswer, StatusAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { useResource } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { forwardSnippet, isLoopback, loadHistoryLine, senderTarget, testLine } from './snippets.ts'

export function Connect({ status, leave }: { status: StatusAnswer; leave: () => void }) {
  const target = senderTarget(status, location.hostname)
  const hasRecords = status.store.newest !== null
  const first = useResource(hasRecords ? 'first' : undefined, signal =>
    get<RecordsAnswer>('records', { limit: 1 }, signal),
  )
  const record = first.data?.records[0]
  return (
    <div class="page connect">
      <h1>{t('connect.title')}</h1>
      <p class="connect-lead">{t('connect.lead')}</p>
      <ol class="connect-steps">
        <Step number={1} title={t('connect.rsyslog')} hint={t('connect.rsyslogHint')}>
          <Snippet file="/etc/rsyslog.d/60-picket-forward.conf" text={forwardSnippet(forwardFile, target)} />
          {isLoopback(target.host) && <p class="hint">{t('connect.loopback', { host: target.host })}</p>}
          <Snippet text="sudo systemctl restart rsyslog" />
        </Step>
        <Step number={2} title={t('connect.history')} hint={t('connect.historyHint')}>
          <Snippet file="/etc/profile.d/picket-history.sh" text={historyFile} />
          <p class="hint">{t('connect.historyDebian')}</p>
          <Snippet text={loadHistoryLine} />
        </Step>
        <Step number={3} title={t('connect.test')} hint={t('connect.testHint')}>
          <Snippet text={testLine} />
        </Step>
      </ol>
      <div class={`connect-tick ${hasRecords ? 'arrived' : ''}`} role="status">
        {hasRecords ? <CircleCheck size={22} aria-hidden="true" /> : <Hourglass size={22} aria-hidden="true" />}
        <div>
          <strong>{hasRecords ? t('connect.arrived') : t('connect.waiting')}</strong>
          {record && (
            <p class="log break">
              <Untrusted text={`${record.hostname ?? record.peer} ${record.app_name ?? ''}: ${record.message}`} />
            </p>
          )}
          {!hasRecords && <p class="hint">{listening(status)}</p>}
        </div>
        {hasRecords && (
          <button type="button" class="button primary" onClick={leave}>
            {t('connect.leave')}
          </button>
        )}
      </div>
    </div>
  )
}

function Step(props: { number: number; title: string; hint: string; children: preact.ComponentChildren }) {
  return (
    <li class="panel connect-step">
      <h2>
        <span class="step-number">{props.number}</span>
        {props.title}
      </h2>
      <p class="hint">{props.hint}</p>
      {props.children}
    </li>
  )
}

function Snippet({ file, text }: { file?: string; text: string }) {
  return (
    <div class="connect-snippet">
      <div class="spread">
        {file ? <code>{file}</code> : <span />}
        <CopyButton text={text} label={t('copy.copy')} />
      </div>
      <pre class="snippet" tabIndex={0}>
        {text}
      </pre>
    </div>
  )
}

function listening(status: StatusAnswer): string {
  const places = status.receive.map(listener => `${listener.transport.toUpperCase()} ${listener.port}`).join(', ')
  return places === '' ? t('connect.noListener') : t('connect.listening', { places })
}
