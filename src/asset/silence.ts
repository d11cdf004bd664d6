// Silent sources → what a person is told: one text for all that fell silent together. Pure.
import type { Channel } from '../model/channel.ts'
import type { Level } from '../model/rule.ts'
import { hostOf, type SourceRow, type SourceTable } from './source-table.ts'

/** Last records so close together are one event: a switch, a relay, a network. */
const togetherMs = 120_000
/** Lines of a text; the rest is counted. */
const maxLines = 40
/** Who falls silent in these, as configured, may hide something. */
const telling: ReadonlySet<Channel> = new Set(['auth', 'history', 'audit'])

/** When a source was heard last, or when it began to be expected. */
export function quietSince(row: Pick<SourceRow, 'lastAt' | 'firstAt'>): number {
  return row.lastAt ?? row.firstAt
}

/** Sources that fell silent together: last heard about the same time, or of the same host. */
export function groupSilent(rows: readonly SourceRow[]): readonly (readonly SourceRow[])[] {
  const groups: SourceRow[][] = []
  for (const row of rows.toSorted((a, b) => quietSince(a) - quietSince(b))) {
    const group = groups.find(members => belongs(row, members))
    if (group === undefined) groups.push([row])
    else group.push(row)
  }
  return groups
}

/** True when the source is part of what fell silent with `members`. */
export function belongs(row: SourceRow, members: readonly SourceRow[]): boolean {
  return members.some(
    member => hostOf(member) === hostOf(row) || Math.abs(quietSince(member) - quietSince(row)) <= togetherMs,
  )
}

export type SilenceText = {
  readonly title: string
  readonly hostname: string
  readonly level: Level
  readonly note: string
}

/** What to say of sources that are silent together. */
export function describeSilence(
  members: readonly SourceRow[],
  table: Pick<SourceTable, 'rows' | 'view'>,
  now: number,
): SilenceText {
  const silentHosts = Map.groupBy(members, hostOf)
  const isMember = new Set(members)
  const others = new Map<string, SourceRow[]>()
  const alsoQuiet = new Map<string, SourceRow[]>()
  const first = Math.min(...members.map(quietSince))
  const last = Math.max(...members.map(quietSince))
  for (const row of table.rows()) {
    const host = hostOf(row)
    if (isMember.has(row) || row.state === 'retired') continue
    if (silentHosts.has(host) && row.state !== 'silent') push(others, host, row)
    else if (isQuietWith(row, first, last)) push(alsoQuiet, host, row)
  }
  const lines = [...silentHosts].map(([host, rows]) => hostLine(host, rows, others.get(host) ?? [], table, now))
  const also = [...alsoQuiet].map(([host, rows]) => `${host} (${channelsOf(rows)})`)
  const note = [
    ...lines.slice(0, maxLines),
    ...(lines.length > maxLines ? [`and ${lines.length - maxLines} more hosts`] : []),
    ...(also.length === 0
      ? []
      : [
          `Not heard since about the same time either: ${also.slice(0, maxLines).join(', ')}${also.length > maxLines ? ` and ${also.length - maxLines} more hosts` : ''}.`,
        ]),
  ].join('\n')
  const [host = ''] = silentHosts.keys()
  const isWhole = [...silentHosts.keys()].some(name => !others.has(name))
  const count = silentHosts.size
  return {
    title: count > 1 ? `${count} hosts fell silent` : isWhole ? 'A host fell silent' : `Silent: ${channelsOf(members)}`,
    hostname: count > 1 ? `${host} and ${count - 1} more` : host,
    level: members.some(row => others.has(hostOf(row)) && isTelling(row)) ? 'high' : 'medium',
    note,
  }
}

function isTelling(row: SourceRow): boolean {
  return telling.has(row.channel) && row.settings.expect.includes(row.channel)
}

/** Past half of its own time, and last heard in the same minutes. */
function isQuietWith(row: SourceRow, first: number, last: number): boolean {
  if (row.state !== 'late' && row.state !== 'silent') return false
  const since = quietSince(row)
  return since >= first - togetherMs && since <= last + togetherMs
}

function hostLine(
  host: string,
  rows: readonly SourceRow[],
  others: readonly SourceRow[],
  table: Pick<SourceTable, 'view'>,
  now: number,
): string {
  const last = rows.reduce((a, b) => (quietSince(b) > quietSince(a) ? b : a))
  const { rhythmMs, silentAfterMs } = table.view(last)
  const heard =
    last.lastAt === null
      ? `nothing has come since it was expected at ${time(last.firstAt)}`
      : `last record ${last.lastId} at ${time(last.lastAt)}, ${duration(now - last.lastAt)} ago, from ${last.peer}`
  const usual =
    rhythmMs === null
      ? silentAfterMs === null
        ? ''
        : `; it may be silent for ${duration(silentAfterMs)}`
      : `; usually not more than ${duration(rhythmMs)} apart at this time of day`
  const still = others.length === 0 ? '' : ` Still coming: ${channelsOf(others)}.`
  return `${host}: ${channelsOf(rows)}: ${heard}${usual}.${still}`
}

function channelsOf(rows: readonly Pick<SourceRow, 'channel'>[]): string {
  return [...new Set(rows.map(row => row.channel))].join(', ')
}

function push(map: Map<string, SourceRow[]>, host: string, row: SourceRow): void {
  const rows = map.get(host)
  if (rows === undefined) map.set(host, [row])
  else rows.push(row)
}

function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `45 s`, `12 min`, `5 h`, `3 days`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}
