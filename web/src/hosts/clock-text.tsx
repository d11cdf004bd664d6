// A sender's clock against Picket's, in words.
import type { SourceAnswer } from '../api/answers.ts'
import { t } from '../i18n/i18n.ts'
import { duration } from '../time/format.ts'

export function ClockText({ source }: { source: SourceAnswer }) {
  const offset = source.clock_offset_seconds ?? 0
  const time = duration(Math.abs(offset))
  return <span class="clock-off">{offset > 0 ? t('hosts.ahead', { time }) : t('hosts.behind', { time })}</span>
}

export function ZoneText({ zone }: { zone: NonNullable<SourceAnswer['suggested_zone']> }) {
  const name = zone.zones[0]
  return <>{t('hosts.zone', { zone: name === undefined ? zone.offset : `${name} (${zone.offset})` })}</>
}
