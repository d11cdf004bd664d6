// A path that names no page.
import { t } from '../i18n/i18n.ts'

export function NotFound() {
  return (
    <div class="page">
      <h1>{t('notFound.title')}</h1>
      <p>
        <a href="/">{t('nav.overview')}</a>
      </p>
    </div>
  )
}
