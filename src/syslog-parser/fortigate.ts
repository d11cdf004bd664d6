// FortiGate sends `date=… time=… devname=…` pairs without a header (rule R10): time and host come from the pairs, the text stays whole.
import type { ParseOptions } from './types.ts'
import { instantOf, parseOffset } from './zone.ts'

const front = /date="?(\d{4})-(\d\d)-(\d\d)"? time="?(\d\d):(\d\d):(\d\d)"?(?= |$)/y
const zonePair = / tz="?([+-]\d\d:?\d\d)"?(?= |$)/
const namePair = / devname=(?:"([^"]*)"|([^\s"]+))/

/** What the pairs at `at` say; undefined when they are not FortiGate's. */
export function readFortiGate(
  text: string,
  at: number,
  options: ParseOptions,
): { readonly timestamp: number | undefined; readonly hostname: string | undefined } | undefined {
  front.lastIndex = at
  const found = front.exec(text)
  if (found === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number)
  const rest = text.slice(front.lastIndex)
  const zone = zonePair.exec(rest)?.[1]
  const minutes = zone === undefined ? undefined : parseOffset(zone)
  const wall = { year, month, day, hour, minute, second, ms: 0 }
  const name = namePair.exec(rest)
  return {
    timestamp: instantOf(wall, minutes === undefined ? undefined : [minutes], options),
    hostname: (name?.[1] ?? name?.[2]) || undefined,
  }
}
