// How a scanned header was written, packed into one number, and the header printed from it again, byte for byte.
import type { Format } from './types.ts'

// layout:  31 30..................... 22 21 20 19 18 17 ........... 6 5 4 3 2 1 0
//          0  reserved               | tail    |zone | offset + 1440 |digits |v|stamp
export const stampNil = 0
export const stampBlank = 1
export const stampZero = 2
export const stampIso = 3
export const isVersion1 = 1 << 2
export const digitsShift = 3
export const offsetShift = 6
export const offsetBias = 1440
export const zoneShift = 18
export const zoneZ = 0
export const zoneSigned = 1
/** `-00:00` */
export const zoneMinusZero = 2
export const tailShift = 20
/** `app: `, `app[pid]: `, `app:` and `app[pid]:` at the end, RFC 5424 with and without a blank behind the last `-`. */
export const tailTag = 1
export const tailTagPid = 2
export const tailTagOnly = 3
export const tailTagPidOnly = 4
export const tailText = 5
export const tailNothing = 6

/** Which header a layout stands for. */
export function formatOfLayout(layout: number): Format {
  return (layout & isVersion1) === 0 ? 'rfc3164' : 'rfc5424'
}

/** The header's bytes as they came: printHeader(scan values) === frame[start..messageStart) when scanHeader returned true. */
export function printHeader(
  layout: number,
  pri: number,
  timestampMicros: number,
  host: string | undefined,
  app: string | undefined,
  procId: string | undefined,
): string {
  const time = printTime(layout, timestampMicros)
  switch ((layout >> tailShift) & 7) {
    case tailTag:
      return `<${pri}>${time} ${host ?? ''} ${app ?? ''}: `
    case tailTagPid:
      return `<${pri}>${time} ${host ?? ''} ${app ?? ''}[${procId ?? ''}]: `
    case tailTagOnly:
      return `<${pri}>${time} ${host ?? ''} ${app ?? ''}:`
    case tailTagPidOnly:
      return `<${pri}>${time} ${host ?? ''} ${app ?? ''}[${procId ?? ''}]:`
    case tailText:
      return `<${pri}>1 ${time} ${host ?? '-'} ${app ?? '-'} ${procId ?? '-'} - - `
    default:
      return `<${pri}>1 ${time} ${host ?? '-'} ${app ?? '-'} ${procId ?? '-'} - -`
  }
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function printTime(layout: number, timestampMicros: number): string {
  const stamp = layout & 3
  if (stamp === stampNil) return '-'
  const offset = ((layout >> offsetShift) & 0xfff) - offsetBias
  const seconds = Math.floor(timestampMicros / 1_000_000)
  const wall = new Date(seconds * 1000 + offset * 60_000).toISOString()
  if (stamp !== stampIso) {
    const day = stamp === stampBlank && wall[8] === '0' ? ` ${wall[9]}` : wall.slice(8, 10)
    return `${monthNames[Number(wall.slice(5, 7)) - 1]} ${day} ${wall.slice(11, 19)}`
  }
  const digits = (layout >> digitsShift) & 7
  const micros = String(timestampMicros - seconds * 1_000_000).padStart(6, '0')
  const fraction = digits === 0 ? '' : `.${micros.slice(0, digits)}`
  return `${wall.slice(0, 19)}${fraction}${printOffset((layout >> zoneShift) & 3, offset)}`
}

function printOffset(style: number, offset: number): string {
  if (style === zoneZ) return 'Z'
  const minutes = Math.abs(offset)
  const sign = offset < 0 || style === zoneMinusZero ? '-' : '+'
  return `${sign}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
