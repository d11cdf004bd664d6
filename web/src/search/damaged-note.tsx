// Says of which days an answer lacks what damage made unreadable.
import type { DamagedDay } from '../api/answers.ts'
import { t } from '../i18n/i18n.ts'

export function DamagedNote(props: { damaged: readonly DamagedDay[] }) {
  const days = [...new Map(props.damaged.map(({ day, reason }) => [day, reason]))]
  if (days.length === 0) return null
  return (
    <ul class="notice-warning" role="status">
      {days.map(([day, reason]) => (
        <li key={day}>{t('search.damaged', { day, reason })}</li>
      ))}
    </ul>
  )
}
