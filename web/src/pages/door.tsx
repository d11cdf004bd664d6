// The frame of the two pages before signing in.
import type { ComponentChildren } from 'preact'
import type { ApiError } from '../api/request.ts'
import { t } from '../i18n/i18n.ts'
import { LanguageChoice } from '../shell/shell.tsx'

export function Door({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="door">
      <div class="door-card">
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1>{title}</h1>
        {children}
      </div>
      <LanguageChoice />
    </main>
  )
}

export function DoorError({ error }: { error: ApiError | undefined }) {
  return (
    <p class="door-error" role="alert">
      {error && (error.code === 'NETWORK' ? t('error.network') : error.message)}
    </p>
  )
}
