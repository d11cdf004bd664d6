// What the server says is wrong, in its own sentences.
import { t } from '../i18n/i18n.ts'

export function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null
  return (
    <ul class="notice-warning" aria-label={t('overview.warnings')}>
      {warnings.map(warning => (
        <li key={warning}>{warning}</li>
      ))}
    </ul>
  )
}
