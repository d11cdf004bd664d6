// What an alert mail says, and that nothing a sender wrote can do more than be read.
import { doesNotMatch, equal, match, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type ComposeOptions, composeAlert, composeBundle, composeDigest } from '../../src/notify/compose.ts'
import { type Letter, printHtml, printText } from '../../src/notify/letter.ts'
import { headerText, visible } from '../../src/notify/visible.ts'
import { at, rules, sampleAlert, sampleRecord } from './samples.ts'

const options: ComposeOptions = {
  to: 'sec@example.com',
  minLevel: 'medium',
  publicUrl: 'https://picket.example.com/',
  rules,
}
const both = (letter: Letter) => [printText(letter), printHtml(letter)]

describe('the mail of one alert', () => {
  test('subject: level, rule, host', () => {
    equal(composeAlert(sampleAlert(), options).subject, 'HIGH: Shell history turned off on web1')
  })

  test('both parts say which, where, who, how often, what was logged, what to do, and why', () => {
    const letter = composeAlert(sampleAlert(), options)
    const said = [
      'HIGH',
      'Shell history turned off',
      'on web1, user alice, from 203.0.113.9',
      '2026-11-23 03:12:09 UTC, the first of 3 hits until 2026-11-23 03:12:51 UTC',
      'bash[4321]: HISTORY: PID=4321 UID=1000 USER=alice CMD=unset HISTFILE; history -c',
      'https://picket.example.com/alerts/12',
      'Ask alice whether she did this.',
      'If nobody knows: take the host off the network.',
      'Someone made the shell forget',
      'Installation scripts that unset HISTFILE',
      'T1070.003',
      'rule history-off',
      '20261123-000000004711',
      'You get this mail because sec@example.com is listed in mail.to',
    ]
    const html = printHtml(letter)
    for (const part of said) {
      ok(printText(letter).includes(part), part)
      ok(html.includes(part), part)
    }
  })

  test('what is unknown is left out', () => {
    const alert = sampleAlert({ ruleId: 'gone', user: null, source: null, hostname: null, count: 1 })
    const text = printText(composeAlert(alert, { ...options, publicUrl: undefined }))
    match(text, /^on 192\.0\.2\.10$/m)
    match(text, /^2026-11-23 03:12:09 UTC$/m)
    match(text, /picket alerts show 12/)
    doesNotMatch(text, /null|undefined|WHAT TO DO|HARMLESS|ATT&CK/)
  })

  test("a sender's clock that is off is told", () => {
    const firstRecord = sampleRecord({ timestamp: '2026-11-23T01:00:00.000Z' })
    match(printText(composeAlert(sampleAlert({ firstRecord }), options)), /own clock said 2026-11-23 01:00:00 UTC/)
    doesNotMatch(printText(composeAlert(sampleAlert(), options)), /own clock/)
  })

  test('only web addresses become links', () => {
    const letter = composeAlert(sampleAlert(), { ...options, publicUrl: 'javascript:alert(1)//' })
    for (const part of both(letter)) doesNotMatch(part, /javascript/)
  })

  test('a very long message is cut', () => {
    const firstRecord = sampleRecord({ message: 'x'.repeat(200_000) })
    ok(printHtml(composeAlert(sampleAlert({ firstRecord }), options)).length < 10_000)
  })
})

describe('several at once', () => {
  test('a bundle lists all, the worst first', () => {
    const alerts = [
      sampleAlert({ id: 1, level: 'medium', ruleId: 'pw', ruleTitle: 'Password changed' }),
      sampleAlert({ id: 2, level: 'critical', ruleId: 'rs', ruleTitle: 'Reverse shell', hostname: 'db2' }),
      sampleAlert({ id: 3 }),
    ]
    const letter = composeBundle(alerts, options)
    equal(letter.subject, 'CRITICAL: 3 alerts on 2 hosts, Reverse shell and others')
    match(printText(letter), /Reverse shell[^]*alerts\/2\n[^]*alerts\/3\n[^]*Password changed[^]*alerts\/1\n/)
  })

  test('a bundle of one rule also says what to do', () => {
    const letter = composeBundle([sampleAlert({ id: 1 }), sampleAlert({ id: 2, hostname: 'web2' })], options)
    equal(letter.subject, 'HIGH: 2 alerts on 2 hosts, Shell history turned off')
    match(printText(letter), /WHAT TO DO NEXT\nAsk alice/)
  })

  test('a bundle of very many counts those that it does not list', () => {
    const alerts = Array.from({ length: 5000 }, (_, id) => sampleAlert({ id }))
    const text = printText(composeBundle(alerts, options))
    match(text, /^5,000 alerts on web1$/m)
    match(text, /^and 4,970 more alerts$/m)
    ok(text.length < 20_000)
  })

  test('a digest counts per rule and shows the newest', () => {
    const waiting = {
      ruleId: 'history-off',
      ruleTitle: 'Shell history turned off',
      level: 'high',
      lastAt: at,
      samples: [sampleAlert()],
    } as const
    const letter = composeDigest([{ ...waiting, opened: 1204, repeated: 2, hits: 5311 }], options)
    equal(letter.subject, 'HIGH: 1,204 more alerts of 1 rule, Shell history turned off')
    match(printText(letter), /1,204 new alerts, 2 known alerts again, 5,311 hits, last at 2026-11-23 03:12:09 UTC/)
    match(printText(letter), /and 1,205 more/)
    const repeats = composeDigest([{ ...waiting, opened: 0, repeated: 1, hits: 17 }], options)
    equal(repeats.subject, 'HIGH: still going on: 17 new hits of 1 open alert, Shell history turned off')
    match(printText(repeats), /nobody has acknowledged/)
  })
})

describe('hostile text', () => {
  const hostile = '<img src=x onerror=alert(1)>"\'&\r\nBcc: evil\u001b[31m\u202egnp\u200b\u0000\ud800'

  test('is visible, and escaped in HTML', () => {
    const firstRecord = sampleRecord({ message: hostile, hostname: hostile, app_name: hostile, procid: hostile })
    const letter = composeAlert(
      sampleAlert({ firstRecord, hostname: hostile, user: hostile, source: hostile, ruleTitle: hostile }),
      options,
    )
    const [text = '', html = ''] = both(letter)
    doesNotMatch(html, /<img/)
    match(text, /\\r\\nBcc: evil\\u001b\[31m\\u202egnp\\u200b\\0\\ud800/)
    for (const part of [text, html]) doesNotMatch(part, /[\p{Cf}\p{Cs}]|(?!\n)\p{Cc}/u)
    match(letter.subject, /^[\x20-\x7e…]*$/)
  })

  test('any text: no new element, no control character, one line of subject', () => {
    const tags = (html: string) => html.match(/</g)?.length
    const plain = tags(printHtml(composeAlert(sampleAlert(), options)))
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), any => {
        const firstRecord = sampleRecord({ message: any })
        const letter = composeAlert(sampleAlert({ firstRecord, user: `u${any}`, hostname: `h${any}` }), options)
        equal(tags(printHtml(letter)), plain)
        for (const part of both(letter)) doesNotMatch(part, /[\p{Cf}\p{Cs}]|(?!\n)\p{Cc}/u)
        match(letter.subject, /^[\x20-\x7e]*$/)
      }),
    )
  })

  test('visible and headerText cut between characters', () => {
    equal(visible('ab😀', 3), 'ab…')
    equal(visible('tab\there'), String.raw`tab\there`)
    equal(headerText('Größe\n\t x', 20), 'Gr??e?? x')
    equal(headerText('x'.repeat(99), 10), 'xxxxxxx...')
  })
})
