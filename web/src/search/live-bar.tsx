// The state of the live tail in words: following, held, cut off, and what was left out.
import { t } from '../i18n/i18n.ts'
import type { LiveTail } from './live-tail.ts'

export function LiveBar({ tail, held }: { tail: LiveTail; held: boolean }) {
  return (
    <div class="panel live-bar">
      <p role="status">
        <span class={`live-dot ${tail.connected ? 'is-on' : ''}`} aria-hidden="true" />
        {words(tail, held)}
      </p>
      {tail.skipped > 0 && <p class="live-skipped">{t('live.skipped', { n: tail.skipped })}</p>}
    </div>
  )
}

function words(tail: LiveTail, held: boolean): string {
  if (tail.ended !== undefined) return tail.ended
  if (!tail.connected) return t('live.connecting')
  if (held) return t('live.held', { n: tail.waiting })
  return tail.records.length === 0 ? t('live.nothing') : t('live.following')
}
