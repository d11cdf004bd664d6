// What a page says instead of data: an error with a way back, an empty result, rows that are still on the way.
import type { ComponentChildren } from 'preact'
import type { ApiError } from '../api/request.ts'
import { t } from '../i18n/i18n.ts'
import { visibleText } from '../text.ts'

/** An error in words, its code, and the way back. */
export function ErrorNotice({ error, retry }: { error: ApiError; retry?: (() => void) | undefined }) {
  return (
    <div class="notice notice-error" role="alert">
      <p>
        <strong>{error.code === 'NETWORK' ? t('error.network') : visibleText(error.message)}</strong>
      </p>
      <p class="hint">{t('error.code', { code: error.code })}</p>
      {retry && (
        <button type="button" class="button small" onClick={retry}>
          {t('error.retry')}
        </button>
      )}
    </div>
  )
}

export function EmptyNotice({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  )
}

export function Skeleton({ rows }: { rows: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} style={{ inlineSize: `${92 - ((index * 37) % 45)}%` }} />
      ))}
    </div>
  )
}
