// When a host counts as gone quiet, and the search that shows what it sent.
import type { HostRow } from '../api/answers.ts'
import { clause } from '../search/clause.ts'

/** Every cron, sshd or systemd host says something within an hour. */
const quietAfterMs = 3_600_000

export function isQuiet(host: HostRow, now: number): boolean {
  return now - Date.parse(host.last_seen) > quietAfterMs
}

export function hostQuery(host: HostRow): string {
  return host.hostname === null ? clause('peer', host.peer) : clause('host', host.hostname)
}
