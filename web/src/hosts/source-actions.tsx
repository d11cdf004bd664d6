// What people decide about senders: mute for a while or for good, unmute, retire; for one source or a whole host.
import { useState } from 'preact/hooks'
import type { SourceAnswer } from '../api/answers.ts'
import { type ApiError, post } from '../api/request.ts'
import { asApiError } from '../api/use-resource.ts'
import { t } from '../i18n/i18n.ts'
import { visibleText } from '../text.ts'
import { ErrorNotice } from '../ui/notice.tsx'
import { RetireDialog } from './retire-dialog.tsx'

type SourceActionsProps = {
  /** As read aloud and asked about: the channel, or the host. */
  readonly name: string
  readonly sources: readonly SourceAnswer[]
  readonly changed: () => void
}

const mutes = [
  { key: 'hosts.muteHour', forMs: 3_600_000 },
  { key: 'hosts.muteDay', forMs: 86_400_000 },
  { key: 'hosts.muteForGood', forMs: undefined },
] as const

export function SourceActions({ name, sources, changed }: SourceActionsProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const [retiring, setRetiring] = useState(false)
  const [stillMuted, setStillMuted] = useState(false)
  const active = sources.filter(({ state }) => state !== 'retired')
  const muted = active.filter(source => source.muted)
  if (active.length === 0) return null

  const decide = async (action: 'mute' | 'unmute' | 'retire', on: readonly SourceAnswer[], body: object = {}) => {
    setBusy(true)
    setError(undefined)
    try {
      let last = false
      for (const { id } of on) last = (await post<SourceAnswer>(`sources/${id}/${action}`, body)).muted || last
      setStillMuted(action === 'unmute' && last)
    } catch (reason) {
      setError(asApiError(reason))
    }
    setBusy(false)
    changed() // also after an error: some may have been changed before it
  }
  const run = (...args: Parameters<typeof decide>) => void decide(...args) // reports by its own state
  return (
    <div class="source-actions">
      <div class="row">
        <div class="mutes" role="group" aria-label={t('hosts.muteOf', { name: visibleText(name) })}>
          <span class="hint">{t('hosts.mute')}</span>
          {mutes.map(({ key, forMs }) => (
            <button
              key={key}
              type="button"
              class="button small"
              disabled={busy}
              onClick={() =>
                run('mute', active, forMs === undefined ? {} : { until: new Date(Date.now() + forMs).toISOString() })
              }
            >
              {t(key)}
            </button>
          ))}
        </div>
        {muted.length > 0 && (
          <button type="button" class="button small" disabled={busy} onClick={() => run('unmute', muted)}>
            {t('hosts.unmute')}
          </button>
        )}
        <button type="button" class="button small quiet" disabled={busy} onClick={() => setRetiring(true)}>
          {t('hosts.retire')}
        </button>
      </div>
      {stillMuted && (
        <p class="hint" role="status">
          {t('hosts.mutedByConfiguration')}
        </p>
      )}
      {error && <ErrorNotice error={error} />}
      {retiring && <RetireDialog name={name} retire={() => run('retire', active)} leave={() => setRetiring(false)} />}
    </div>
  )
}
