// When people are told: at once, or with the next digest. Bounds the mails of a storm; never decides that nobody is told.
//
//   opened alert ── its rule had no mail for a minute, and fewer than 10 mails went out in it ──▶ mail now
//                └─ else ──▶ waits (in the database) ──▶ one digest a minute: per rule how many, where, the newest five
//   hits of an alert that was told of and is still open ──▶ a digest, at most hourly per alert
//
// Mails of one round: one per rule; more than three alerts in a round share one mail.
import type { Clock } from '../base/clock.ts'
import type { Alert } from '../model/alert.ts'
import type { WaitingRule } from '../store/store.ts'

export const minuteMs = 60_000
export const hourMs = 3_600_000
/** Alerts of one round that still get mails of their own; more are bundled. */
const maxSingleMails = 3
/** Mails in a minute (per recipient) before the rest waits for the digest: what a person may read in that time. */
export const maxMailsPerMinute = 10

export type Throttle = {
  /** Splits the alerts of one round: each group is one mail to send now, `later` waits for a digest. */
  splitOpened(opened: readonly Alert[]): {
    readonly now: readonly (readonly Alert[])[]
    readonly later: readonly Alert[]
  }
  /** The rules that the digest may tell of at this moment; empty: no digest now. */
  pickWaiting(waiting: readonly WaitingRule[]): readonly WaitingRule[]
}

/**
 * The throttle of one sender of alerts. What it remembers (when which rule was mailed) is lost with the process: after a
 * restart a rule may be told of sooner than a minute after its last mail. What waits is in the database and survives.
 */
export function createThrottle(clock: Pick<Clock, 'monotonic'>): Throttle {
  const mailedAt = new Map<string, number>()
  const waitingRules = new Set<string>()
  let recentMails: number[] = []
  let digestAt = Number.NEGATIVE_INFINITY
  let repeatsAt = Number.NEGATIVE_INFINITY

  function isFree(ruleId: string, now: number): boolean {
    return now - (mailedAt.get(ruleId) ?? Number.NEGATIVE_INFINITY) >= minuteMs
  }

  function forgetOld(now: number): void {
    recentMails = recentMails.filter(at => now - at < minuteMs)
    for (const [ruleId, at] of mailedAt) if (now - at >= minuteMs) mailedAt.delete(ruleId)
  }

  return {
    splitOpened: opened => {
      const now = clock.monotonic()
      forgetOld(now)
      const free: Alert[] = []
      const later: Alert[] = []
      for (const alert of opened) {
        // A rule with waiting alerts stays with the digest, so that new alerts cannot take the turn of those that wait.
        const list = isFree(alert.ruleId, now) && !waitingRules.has(alert.ruleId) ? free : later
        list.push(alert)
      }
      const groups = free.length > maxSingleMails ? [free] : [...Map.groupBy(free, alert => alert.ruleId).values()]
      const room = Math.max(0, maxMailsPerMinute - recentMails.length)
      const told = groups.slice(0, room)
      later.push(...groups.slice(room).flat())
      for (const alert of told.flat()) mailedAt.set(alert.ruleId, now)
      for (const alert of later) waitingRules.add(alert.ruleId)
      recentMails.push(...told.map(() => now))
      return { now: told, later }
    },
    pickWaiting: waiting => {
      const now = clock.monotonic()
      forgetOld(now)
      if (now - digestAt < minuteMs) return []
      const picked = waiting.filter(rule => isFree(rule.ruleId, now))
      const isNews = picked.some(rule => rule.opened > 0)
      if (picked.length === 0 || (!isNews && now - repeatsAt < hourMs)) return []
      digestAt = now
      if (picked.some(rule => rule.repeated > 0)) repeatsAt = now
      for (const { ruleId } of picked) {
        mailedAt.set(ruleId, now)
        waitingRules.delete(ruleId)
      }
      return picked
    },
  }
}
