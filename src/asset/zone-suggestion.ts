// A clock that is off by a multiple of a quarter of an hour is no wrong clock: its times are of another zone.

const minuteMs = 60_000
const quarterMs = 15 * minuteMs
/** Around the multiple; a clock may be a little off as well. */
const toleranceMs = 90_000
/** From UTC-12 to UTC+14. */
const minOffsetMs = -12 * 60 * minuteMs
const maxOffsetMs = 14 * 60 * minuteMs

/** Zones that are offered, when they have the offset today: those where many servers stand. */
const commonZones = [
  'UTC',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Athens',
  'Europe/Moscow',
  'Asia/Dubai',
  'Asia/Tehran',
  'Asia/Karachi',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Dhaka',
  'Asia/Bangkok',
  'Asia/Shanghai',
  'Asia/Singapore',
  'Asia/Tokyo',
  'Asia/Seoul',
  'Australia/Adelaide',
  'Australia/Sydney',
  'Pacific/Auckland',
  'America/Sao_Paulo',
  'America/Halifax',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/Anchorage',
  'Pacific/Honolulu',
] as const

export type ZoneSuggestion = {
  /** `+08:00`: what its times are ahead of UTC. */
  readonly offset: string
  /** IANA zones with that offset today, Picket's own zone first; at least one. */
  readonly zones: readonly string[]
}

/** What to set as the time zone of a sender whose clock seems `offsetMs` ahead under `assumedZone`; undefined when its
 *  offset is not one of a zone. `ownZone`: the zone of this machine. */
export function suggestZone(
  offsetMs: number,
  assumedZone: string,
  at: number,
  ownZone: string,
): ZoneSuggestion | undefined {
  const quarters = Math.round(offsetMs / quarterMs)
  if (quarters === 0 || Math.abs(offsetMs - quarters * quarterMs) > toleranceMs) return undefined
  const wanted = zoneOffset(assumedZone, at) + quarters * quarterMs
  if (wanted < minOffsetMs || wanted > maxOffsetMs) return undefined
  const zones = [...new Set([ownZone, ...commonZones])].filter(zone => zoneOffset(zone, at) === wanted)
  if (zones.length === 0 && wanted % (60 * minuteMs) === 0) {
    // the signs of these names are turned around (POSIX)
    const hours = wanted / (60 * minuteMs)
    zones.push(`Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`)
  }
  return zones.length === 0 ? undefined : { offset: printOffset(wanted), zones: zones.slice(0, 3) }
}

/** Ahead of UTC, in ms. */
function zoneOffset(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at)
  const text = parts.find(part => part.type === 'timeZoneName')?.value ?? 'GMT'
  const found = /GMT([+-])(\d\d):(\d\d)/.exec(text)
  if (found === null) return 0
  const size = (Number(found[2]) * 60 + Number(found[3])) * minuteMs
  return found[1] === '-' ? -size : size
}

function printOffset(ms: number): string {
  const minutes = Math.abs(ms) / minuteMs
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${ms < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
