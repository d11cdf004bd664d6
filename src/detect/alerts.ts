// Hits → alerts: which hits are news and which only raise the count of an alert that people know (step 8 of the flow).
import type { Alert, Hit } from '../model/alert.ts'
import type { FieldValue, RecordJson } from '../model/record.ts'
import type { RuleInfo } from '../model/rule.ts'
import type { AlertChanges } from '../store/store.ts'

/** Values of a key come from senders: longer ones are cut, so that nobody fills the alert table with one line. */
const maxKeyTextLength = 256

/**
 * Groups hits by rule, host, user and source address. Pure: the same hits and the same open alerts give the same changes;
 * with the checkpoint saved in the same transaction (AlertBox.apply) a repeat after a crash changes nothing.
 *
 * @param hits the hits behind the checkpoint, oldest first
 * @param rules what is known of a rule; a rule that is gone since still gives an alert, of level medium
 * @param openAlert the alert with this key that is not closed, if any
 * @returns what to apply, or undefined when there are no hits
 */
export function groupHits(
  hits: readonly Hit[],
  rules: (id: string) => RuleInfo | undefined,
  openAlert: (key: string) => Alert | undefined,
): AlertChanges | undefined {
  const last = hits.at(-1)
  if (last === undefined) return undefined
  const groups = new Map<string, Group>()
  for (const hit of hits) {
    for (const ruleId of new Set(hit.ruleIds)) addTo(groups, ruleId, hit.record)
  }
  const opened: AlertChanges['opened'][number][] = []
  const repeated: AlertChanges['repeated'][number][] = []
  for (const [key, group] of groups) {
    const known = openAlert(key)
    if (known === undefined) opened.push(newAlert(key, group, rules(group.ruleId)))
    else repeated.push({ id: known.id, count: group.count, lastAt: receivedAt(group.last), lastRecord: group.last })
  }
  return { checkpoint: { day: last.day, n: last.n }, opened, repeated }
}

type Group = { readonly ruleId: string; readonly first: RecordJson; last: RecordJson; count: number }

function addTo(groups: Map<string, Group>, ruleId: string, record: RecordJson): void {
  const key = alertKey(ruleId, record)
  const group = groups.get(key)
  if (group === undefined) {
    groups.set(key, { ruleId, first: record, last: record, count: 1 })
    return
  }
  group.last = record
  group.count++
}

/** Rule, host, user and source as JSON array text: no value can pass for another's separator. */
export function alertKey(ruleId: string, record: RecordJson): string {
  return JSON.stringify([ruleId, host(record), user(record), source(record)])
}

function newAlert(key: string, group: Group, rule: RuleInfo | undefined): AlertChanges['opened'][number] {
  return {
    key,
    ruleId: group.ruleId,
    ruleTitle: rule?.title ?? group.ruleId,
    level: rule?.level ?? 'medium',
    hostname: host(group.first),
    user: user(group.first),
    source: source(group.first),
    count: group.count,
    firstAt: receivedAt(group.first),
    lastAt: receivedAt(group.last),
    firstRecord: group.first,
    lastRecord: group.last,
  }
}

function host(record: RecordJson): string {
  return cut(record.hostname ?? record.peer)
}

/** Who did it: the account that acted, before the one it became or the one it was done to. */
function user({ fields }: RecordJson): string | null {
  return text(fields['user.name']) ?? text(fields['user.effective.name']) ?? text(fields['user.target.name'])
}

function source({ fields }: RecordJson): string | null {
  return text(fields['source.ip'])
}

function text(value: FieldValue | undefined): string | null {
  const first = typeof value === 'object' ? value[0] : value
  return first === undefined || first === '' ? null : cut(String(first))
}

/** Cuts between characters, never inside a surrogate pair. */
function cut(value: string): string {
  return value.length <= maxKeyTextLength ? value : value.slice(0, maxKeyTextLength).replace(/[\ud800-\udbff]$/, '')
}

function receivedAt(record: RecordJson): number {
  return Date.parse(record.received_at)
}
