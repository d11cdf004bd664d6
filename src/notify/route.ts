// Who is told of which alert. Today: everyone in mail.to, of alerts at or above mail.minLevel.
import type { MailConfig } from '../config/schema.ts'
import { type Level, levels } from '../model/rule.ts'

/** The addresses that get mail about something of this level; none when it is below `mail.minLevel`. Each only once. */
export function recipients(level: Level, mail: Pick<MailConfig, 'to' | 'minLevel'>): readonly string[] {
  return rank(level) >= rank(mail.minLevel) ? [...new Set(mail.to)] : []
}

/** 0 informational .. 4 critical. */
export function rank(level: Level): number {
  return levels.indexOf(level)
}
