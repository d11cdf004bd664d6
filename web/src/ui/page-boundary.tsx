// A page that breaks says so and leaves the rest of the dashboard standing.
import type { ComponentChildren } from 'preact'
import { useEffect, useErrorBoundary } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { ApiError } from '../api/request.ts'
import { t } from '../i18n/i18n.ts'
import { ErrorNotice } from './notice.tsx'

export function PageBoundary({ children }: { children: ComponentChildren }) {
  const [error, reset] = useErrorBoundary(reason => console.error(reason))
  const { path } = useLocation()
  useEffect(reset, [path])
  if (error === undefined) return <>{children}</>
  return (
    <div class="page">
      <h1>{t('error.page')}</h1>
      <ErrorNotice error={new ApiError(0, 'PAGE_FAILED', String(error))} retry={reset} />
    </div>
  )
}
