// One alert: which rule, why, the record, what to do next, and what people said; acknowledge, close, comment.
import { ArrowLeft, Check, CircleCheckBig } from 'lucide-preact'
import type { ComponentChildren, RefObject } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { AlertDetail } from '../api/answers.ts'
import { type ApiError, get, post } from '../api/request.ts'
import { isAnalyst } from '../api/session.ts'
import { asApiError, useResource } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { number } from '../time/format.ts'
import { ErrorNotice, Skeleton } from '../ui/notice.tsx'
import { LevelMark } from '../ui/rank.tsx'
import { At } from '../ui/time-text.tsx'
import { Untrusted } from '../ui/untrusted.tsx'
import { AlertRecord } from './alert-record.tsx'
import { alertSearch } from './alert-search.ts'
import { CloseDialog } from './close-dialog.tsx'

type AlertDetailProps = {
  readonly id: number
  readonly back: string
  readonly changed: () => void
  readonly actions: RefObject<{ acknowledge: () => void; close: () => void }>
}

type Change = 'ack' | 'close' | 'comment'

export function AlertDetailPane({ id, back, changed, actions }: AlertDetailProps) {
  const loaded = useResource(String(id), signal => get<AlertDetail>(`alerts/${id}`, {}, signal))
  const [changedAlert, setChangedAlert] = useState<AlertDetail>()
  const [error, setError] = useState<ApiError>()
  const [busy, setBusy] = useState(false)
  const [closing, setClosing] = useState(false)
  const comment = useRef<HTMLTextAreaElement>(null)
  const alert = changedAlert ?? loaded.data

  const change = async (what: Change, reason?: string) => {
    const text = reason ?? comment.current?.value.trim() ?? ''
    if (what === 'comment' && text === '') {
      comment.current?.focus()
      return
    }
    setBusy(true)
    setError(undefined)
    try {
      const body = what === 'comment' ? { text } : text === '' ? {} : { comment: text }
      setChangedAlert(await post<AlertDetail>(`alerts/${id}/${what}`, body))
      if (comment.current) comment.current.value = ''
      changed()
    } catch (reason) {
      setError(asApiError(reason))
    }
    setBusy(false)
  }
  const run = (what: Change, reason?: string) => void change(what, reason) // reports by its own state
  const mayChange = isAnalyst() && alert !== undefined && alert.state !== 'closed'
  actions.current = {
    acknowledge: () => mayChange && alert.state === 'open' && run('ack'),
    close: () => mayChange && setClosing(true),
  }

  if (!alert) return loaded.error ? <ErrorNotice error={loaded.error} retry={loaded.reload} /> : <Skeleton rows={10} />
  return (
    <article class="alert">
      <a class="alert-back button small" href={back}>
        <ArrowLeft size={14} aria-hidden="true" />
        {t('nav.alerts')}
      </a>
      <header class="alert-head">
        <div class="row">
          <LevelMark level={alert.rule.level} />
          <span class={`tag state-${alert.state}`}>{t(`alerts.state.${alert.state}`)}</span>
          {alert.changed_by !== null && alert.changed_at !== null && (
            <span class="hint">
              {alert.changed_by} · <At time={alert.changed_at} />
            </span>
          )}
        </div>
        <h1>{alert.rule.title}</h1>
        {alert.rule.description !== null && <p class="alert-why">{alert.rule.description}</p>}
        {alert.note !== null && (
          <p class="alert-note alert-text break">
            <Untrusted text={alert.note} />
          </p>
        )}
      </header>
      <dl class="alert-facts">
        <Fact name={t('alerts.host')} value={alert.hostname} />
        <Fact name={t('alerts.user')} value={alert.user} />
        <Fact name={t('alerts.source')} value={alert.source} />
        <div>
          <dt>{t('alerts.seen')}</dt>
          <dd>
            <a href={alertSearch(alert)}>{t('alerts.times', { n: alert.count })}</a>
          </dd>
        </div>
        <div>
          <dt>{t('alerts.first')}</dt>
          <dd>
            <At time={alert.first_at} />
          </dd>
        </div>
        <div>
          <dt>{t('alerts.last')}</dt>
          <dd>
            <At time={alert.last_at} />
          </dd>
        </div>
      </dl>
      {isAnalyst() && (
        <form
          class="alert-actions"
          onSubmit={event => {
            event.preventDefault()
            run('comment')
          }}
        >
          <label class="field">
            <span class="visually-hidden">{t('alerts.comment')}</span>
            <textarea
              ref={comment}
              class="input"
              rows={2}
              maxLength={4000}
              placeholder={alert.state === 'closed' ? t('alerts.commentPlaceholder') : t('alerts.actionPlaceholder')}
            />
          </label>
          <div class="row">
            {alert.state === 'open' && (
              <button type="button" class="button primary" disabled={busy} onClick={() => run('ack')}>
                <Check size={16} aria-hidden="true" />
                {t('alerts.acknowledge')}
              </button>
            )}
            {alert.state !== 'closed' && (
              <button type="button" class="button" disabled={busy} onClick={() => setClosing(true)}>
                <CircleCheckBig size={16} aria-hidden="true" />
                {t('alerts.close')}
              </button>
            )}
            <button type="submit" class="button quiet" disabled={busy}>
              {t('alerts.addComment')}
            </button>
          </div>
        </form>
      )}
      {error && <ErrorNotice error={error} />}
      {closing && (
        <CloseDialog
          reason={comment.current?.value.trim() ?? ''}
          close={reason => run('close', reason)}
          leave={() => setClosing(false)}
        />
      )}
      <Section title={t('alerts.record')}>
        <AlertRecord record={alert.last_record} />
        {alert.count > 1 && (
          <details>
            <summary>{t('alerts.firstRecord')}</summary>
            <AlertRecord record={alert.first_record} />
          </details>
        )}
        <p>
          <a href={alertSearch(alert)}>{t('alerts.search')}</a>
        </p>
      </Section>
      {alert.rule.next_steps !== null && (
        <Section title={t('alerts.next')}>
          <p class="alert-text">{alert.rule.next_steps}</p>
        </Section>
      )}
      {alert.rule.false_positives.length > 0 && (
        <Section title={t('alerts.falsePositives')}>
          <ul class="alert-list">
            {alert.rule.false_positives.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </Section>
      )}
      {alert.rule.techniques.length > 0 && (
        <Section title={t('alerts.techniques')}>
          <p class="row">
            {alert.rule.techniques.map(technique => (
              <a
                key={technique}
                class="tag"
                href={`https://attack.mitre.org/techniques/${technique.replace('.', '/')}/`}
                target="_blank"
                rel="noreferrer"
              >
                {technique}
              </a>
            ))}
          </p>
        </Section>
      )}
      <Section title={t('alerts.comments', { n: alert.comments.length })}>
        {alert.comments.length === 0 && <p class="hint">{t('alerts.noComments')}</p>}
        <ol class="alert-comments">
          {alert.comments.map(each => (
            <li key={`${each.at} ${each.by}`}>
              <p class="hint">
                <strong>{each.by}</strong> · <At time={each.at} />
              </p>
              <p class="alert-text">{each.text}</p>
            </li>
          ))}
        </ol>
      </Section>
      <p class="hint">
        {t('alerts.rule', { id: alert.rule.id })} · {t('alerts.number', { id: number(alert.id) })}
      </p>
    </article>
  )
}

function Fact({ name, value }: { name: string; value: string | null }) {
  if (value === null) return null
  return (
    <div>
      <dt>{name}</dt>
      <dd class="break">
        <Untrusted text={value} />
      </dd>
    </div>
  )
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="alert-section">
      <h2 class="minor">{title}</h2>
      {children}
    </section>
  )
}
