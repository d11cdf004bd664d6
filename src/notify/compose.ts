// Alerts → letters: what happened, where, who, why Picket says so, what to do next. Read at 3 a.m. on a phone.
import type { MailConfig } from '../config/schema.ts'
import type { Alert } from '../model/alert.ts'
import type { RecordJson } from '../model/record.ts'
import type { RuleInfo } from '../model/rule.ts'
import type { WaitingRule } from '../store/store.ts'
import type { Block, Letter, Line } from './letter.ts'
import { rank } from './route.ts'
import { headerText, visible } from './visible.ts'

export type ComposeOptions = {
  /** Who reads it: named in the foot. */
  readonly to: string
  readonly minLevel: MailConfig['minLevel']
  /** Base of the links (`web.publicUrl`); without it the mail names the command instead. */
  readonly publicUrl: string | undefined
  readonly rules: (id: string) => RuleInfo | undefined
}

/** Entries listed in one mail; the rest is counted. */
const maxEntries = 30
/** A sender's clock this far from ours is worth a word. */
const clockDifferenceMs = 120_000

/** One alert, with everything that a person needs to judge it. */
export function composeAlert(alert: Alert, options: ComposeOptions): Letter {
  const rule = options.rules(alert.ruleId)
  const title = visible(alert.ruleTitle, 120)
  return {
    subject: `${alert.level.toUpperCase()}: ${visible(alert.ruleTitle, 80)}${onHost(alert)}`,
    blocks: [
      { kind: 'title', level: alert.level, text: title, under: whereAndWho(alert) },
      ...section('What Picket knows of it', alert.note),
      recordBlock(alert),
      linkBlock(alert.id, options.publicUrl),
      ...explain(rule),
      { kind: 'small', text: facts(alert, rule) },
    ],
    foot: foot(options),
  }
}

/** Several alerts of one round in one mail, the worst first. */
export function composeBundle(alerts: readonly Alert[], options: ComposeOptions): Letter {
  const sorted = alerts.toSorted((a, b) => rank(b.level) - rank(a.level) || a.firstAt - b.firstAt)
  const worst = sorted[0]
  if (worst === undefined) throw new Error('BUG: a bundle of no alerts')
  const hosts = new Set(alerts.map(alert => alert.hostname))
  const sum = `${number(alerts.length)} alerts ${hosts.size === 1 ? `on ${host(worst)}` : `on ${number(hosts.size)} hosts`}`
  return {
    subject: `${worst.level.toUpperCase()}: ${headerText(sum, 100)}, ${visible(worst.ruleTitle, 60)}${isMixed(alerts) ? ' and others' : ''}`,
    blocks: [
      { kind: 'title', text: sum, under: 'They came together, so they share this mail.' },
      ...sorted.slice(0, maxEntries).map(alert => entry(alert, options.publicUrl)),
      ...rest(sorted.length - maxEntries, 'alerts'),
      ...allAlerts(options.publicUrl),
      ...(isMixed(alerts) ? [] : explain(options.rules(worst.ruleId))),
    ],
    foot: foot(options),
  }
}

/** What waited for the minute's digest: per rule how many, where, and the newest of them. */
export function composeDigest(waiting: readonly WaitingRule[], options: ComposeOptions): Letter {
  const sorted = waiting.toSorted((a, b) => rank(b.level) - rank(a.level) || b.hits - a.hits)
  const worst = sorted[0]
  if (worst === undefined) throw new Error('BUG: a digest of nothing')
  const opened = sorted.reduce((sum, rule) => sum + rule.opened, 0)
  const repeated = sorted.reduce((sum, rule) => sum + rule.repeated, 0)
  const hits = sorted.reduce((sum, rule) => sum + rule.hits, 0)
  const sum =
    opened > 0
      ? `${plural(opened, 'more alert')} of ${plural(sorted.length, 'rule')}`
      : `still going on: ${plural(hits, 'new hit')} of ${plural(repeated, 'open alert')}`
  const ruleTitles = sorted.length === 1 ? `, ${visible(worst.ruleTitle, 60)}` : ''
  return {
    subject: `${worst.level.toUpperCase()}: ${sum}${ruleTitles}`,
    blocks: [
      {
        kind: 'title',
        level: worst.level,
        text: capital(sum),
        under:
          opened > 0
            ? 'Too many came at once for a mail each.'
            : 'You were told of these alerts before; nobody has acknowledged them yet.',
      },
      ...sorted.slice(0, maxEntries).flatMap(rule => ruleEntries(rule, options.publicUrl)),
      ...rest(sorted.length - maxEntries, 'rules'),
      ...allAlerts(options.publicUrl),
      ...(sorted.length > 1 ? [] : explain(options.rules(worst.ruleId))),
    ],
    foot: foot(options),
  }
}

/** A mail that says that mail works. */
export function composeTest(options: ComposeOptions): Letter {
  return {
    subject: 'Picket test mail',
    blocks: [
      {
        kind: 'title',
        text: 'Mail from Picket reaches you',
        under: 'Alerts will look like this one, with more to say.',
      },
    ],
    foot: foot(options),
  }
}

function whereAndWho(alert: Alert): string {
  const user = alert.user === null ? '' : `, user ${visible(alert.user, 80)}`
  const source = alert.source === null ? '' : `, from ${visible(alert.source, 80)}`
  return `on ${host(alert)}${user}${source}`
}

function recordBlock({ firstRecord, count, firstAt, lastAt }: Alert): Block {
  const more =
    count === 1 ? '' : `, the first of ${number(count)} hits${lastAt > firstAt ? ` until ${time(lastAt)}` : ''}`
  const under = senderClock(firstRecord)
  return {
    kind: 'record',
    over: `${time(firstAt)}${more}`,
    message: messageOf(firstRecord, 1500),
    ...(under === undefined ? {} : { under }),
  }
}

function messageOf(record: RecordJson, maxLength: number): string {
  const app =
    record.app_name === null
      ? ''
      : `${visible(record.app_name, 48)}${record.procid === null ? '' : `[${visible(record.procid, 20)}]`}: `
  return `${app}${visible(record.message, maxLength)}`
}

function senderClock({ timestamp, received_at: received }: RecordJson): string | undefined {
  if (timestamp === null || Math.abs(Date.parse(timestamp) - Date.parse(received)) < clockDifferenceMs) return undefined
  return `The sender's own clock said ${time(Date.parse(timestamp))}.`
}

function linkBlock(id: number, publicUrl: string | undefined): Block {
  const url = alertUrl(id, publicUrl)
  if (url === undefined) return { kind: 'small', text: `On the Picket machine: picket alerts show ${id}` }
  return { kind: 'link', text: 'Open this alert', url }
}

function alertUrl(id: number, publicUrl: string | undefined): string | undefined {
  const base = baseUrl(publicUrl)
  return base === undefined ? undefined : `${base}/alerts/${id}`
}

/** Only web addresses become links, whatever the configuration says. */
function baseUrl(publicUrl: string | undefined): string | undefined {
  return publicUrl !== undefined && /^https?:\/\//i.test(publicUrl) ? publicUrl.replace(/\/+$/, '') : undefined
}

function explain(rule: RuleInfo | undefined): readonly Block[] {
  return [
    ...section('What to do next', rule?.nextSteps),
    ...section('Why this is an alert', rule?.description),
    ...list('Harmless causes', rule?.falsePositives ?? []),
  ]
}

function section(title: string, text: string | undefined): readonly Block[] {
  if (text === undefined || text.trim() === '') return []
  return [
    {
      kind: 'section',
      title,
      lines: text
        .trim()
        .split(/\r?\n/)
        .map(line => visible(line)),
    },
  ]
}

function list(title: string, items: readonly string[]): readonly Block[] {
  if (items.length === 0) return []
  return [{ kind: 'section', title, lines: items.map(item => visible(item, 500)), isList: true }]
}

function facts(alert: Alert, rule: RuleInfo | undefined): string {
  const techniques = rule?.techniques ?? []
  return [
    `Alert ${alert.id}`,
    `rule ${visible(alert.ruleId, 100)}`,
    ...(techniques.length === 0 ? [] : [`ATT&CK ${techniques.map(id => visible(id, 20)).join(', ')}`]),
    `received from ${visible(alert.firstRecord.peer, 60)} by ${alert.firstRecord.transport}`,
    `record ${visible(alert.firstRecord.id, 40)}`,
  ].join(' · ')
}

function entry(alert: Alert, publicUrl: string | undefined): Block {
  const url = alertUrl(alert.id, publicUrl)
  const hits = alert.count === 1 ? '' : `, ${number(alert.count)} hits`
  return {
    kind: 'entry',
    level: alert.level,
    text: visible(alert.ruleTitle, 120),
    lines: [`${whereAndWho(alert)}, ${time(alert.firstAt)}${hits}`, messageOf(alert.firstRecord, 200)],
    ...(url === undefined ? {} : { url }),
  }
}

function ruleEntries(rule: WaitingRule, publicUrl: string | undefined): readonly Block[] {
  const opened = rule.opened > 0 ? [plural(rule.opened, 'new alert')] : []
  const repeated = rule.repeated > 0 ? [`${plural(rule.repeated, 'known alert')} again`] : []
  const shown = rule.samples.map((alert): Line => {
    const text = `${whereAndWho(alert)}, last ${time(alert.lastAt)}: ${messageOf(alert.lastRecord, 120)}`
    const url = alertUrl(alert.id, publicUrl)
    return url === undefined ? `${text} (alert ${alert.id})` : { text, url }
  })
  const unshown = rule.opened + rule.repeated - shown.length
  return [
    {
      kind: 'entry',
      level: rule.level,
      text: visible(rule.ruleTitle, 120),
      lines: [
        `${[...opened, ...repeated].join(', ')}, ${plural(rule.hits, 'hit')}, last at ${time(rule.lastAt)}. The newest:`,
        ...shown,
        ...(unshown > 0 ? [`and ${number(unshown)} more`] : []),
      ],
    },
  ]
}

function rest(n: number, what: string): readonly Block[] {
  return n > 0 ? [{ kind: 'small', text: `and ${number(n)} more ${what}` }] : []
}

function allAlerts(publicUrl: string | undefined): readonly Block[] {
  const base = baseUrl(publicUrl)
  return base === undefined
    ? [{ kind: 'small', text: 'All of them, on the Picket machine: picket alerts list' }]
    : [{ kind: 'link', text: 'Show all alerts', url: `${base}/alerts` }]
}

function foot({ to, minLevel }: ComposeOptions): string {
  return (
    `You get this mail because ${to} is listed in mail.to, and alerts of level ${minLevel} or higher are mailed (mail.minLevel). ` +
    'Repeats of an alert are counted and told at most once an hour, until somebody acknowledges or closes it.'
  )
}

/** A host name in a header or a sentence is printable ASCII and short, whoever sent it. */
function host(alert: Alert): string {
  return alert.hostname === null ? visible(alert.firstRecord.peer, 60) : headerText(visible(alert.hostname, 60), 60)
}

function onHost(alert: Alert): string {
  return ` on ${host(alert)}`
}

function isMixed(alerts: readonly Alert[]): boolean {
  return new Set(alerts.map(alert => alert.ruleId)).size > 1
}

/** `2026-11-23 10:00:09 UTC`: the same for every reader, wherever they are. */
function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function plural(n: number, word: string): string {
  return `${number(n)} ${word}${n === 1 ? '' : 's'}`
}

function number(n: number): string {
  return n.toLocaleString('en-US')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
