// The promise to the store: where mayDecode says false, extracted text is verbatim text of the message.
import { equal } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StructuredData } from '../../src/model/record.ts'
import type { Body } from '../../src/parse/body.ts'
import { extractFields } from '../../src/parse/fields.ts'
import { mayDecode } from '../../src/parse/may-decode.ts'

const verbatim = `user.name user.target.name user.effective.name source.ip destination.ip process.command_line
  process.executable process.name process.working_directory session.id file.path url.path url.full group.name process.tty
  ssh.fingerprint pam.service service.name user_agent.original`.split(/\s+/)

/** The frame that carries a body, as RFC 5424 would write it. */
function frameOf(body: Body): Uint8Array {
  const data = Object.entries(body.structuredData ?? {}).map(
    ([id, params]) => `[${id}${Object.entries(params).map(([name, value]) => ` ${name}="${value}"`)}]`,
  )
  return Buffer.from(`<13>1 - ${body.hostname ?? '-'} ${body.appName ?? '-'} - - ${data.join('')} ${body.message}`)
}

function check(body: Body): void {
  const frame = frameOf(body)
  if (mayDecode(frame, 0, frame.length)) return
  const { fields } = extractFields(body)
  for (const name of verbatim) {
    const value = fields[name]
    if (value === undefined) continue
    const found =
      typeof value === 'string' && (body.message.includes(value) || value === body.appName || value === body.hostname)
    equal(found, true, `${name} = ${JSON.stringify(value)} of ${body.appName}: ${JSON.stringify(body.message)}`)
  }
}

type Input = { hostname: string; app_name: string | null; structured_data: StructuredData | null; message: string }
const file = join(import.meta.dirname, '..', 'fixtures', 'bodies-dev.jsonl')
const bodies: Body[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => (JSON.parse(line) as { input: Input }).input)
  .map(input => ({
    hostname: input.hostname,
    appName: input.app_name ?? undefined,
    structuredData: input.structured_data ?? undefined,
    message: input.message,
  }))

test('every vector', () => {
  for (const body of bodies) check(body)
})

test('every vector under every other program', () => {
  const apps = new Set(bodies.map(body => body.appName))
  for (const body of bodies) for (const appName of apps) check({ ...body, appName })
})

// Pieces apart by ¦.
const fragments =
  ` ¦  ¦=¦"¦'¦:¦ : ¦ ; ¦(¦)¦[¦]¦{¦}¦,¦|¦\t¦\n¦%20¦é¦你¦\u2028¦#¦#0¦#1234¦1e3¦1.0¦-¦?¦(none)¦ from 1.2.3.4 port 5 ssh2¦ user=x¦` +
  ` USER=x¦ COMMAND=¦CMD=¦N=1 ¦PID=1 ¦ for ¦ by ¦[preauth]¦"user":5¦"user":"x"¦"cmd":["a","b"]¦0x¦4294967295¦A0¦::1`
const fragment = fc.constantFrom(...fragments.split('¦'))

test('fuzzed variants of every vector', () => {
  const edit = fc.record({ at: fc.nat(400), cut: fc.nat(6), put: fragment })
  const body = fc.constantFrom(...bodies)
  fc.assert(
    fc.property(body, fc.array(edit, { minLength: 1, maxLength: 5 }), (body, edits) => {
      let { message } = body
      for (const { at, cut, put } of edits) {
        const place = at % (message.length + 1)
        message = message.slice(0, place) + put + message.slice(place + cut)
      }
      check({ ...body, message })
    }),
    { numRuns: 5000 },
  )
})

test('true for each thing that a parser decodes', () => {
  const of = (text: string): boolean => mayDecode(Buffer.from(text), 0, Buffer.byteLength(text))
  for (const text of [
    'a\\b',
    'a#012',
    '#012',
    'type=EXECVE msg=audit(1.0:1): a0=41',
    'x\u001dUID=',
    '\u007f',
    'abc\r',
    '[NXLOG@1 a="b"]',
  ]) {
    equal(of(text), true, text)
  }
  for (const text of [
    '',
    'a',
    'plain text',
    'a\tb\nc',
    '# 12',
    '#12',
    'x#01',
    'f(x)',
    'edit (',
    'a@b',
    '(audit)',
    '50%',
    'é你',
  ]) {
    equal(of(text), false, text)
  }
})

test('looks at start to end only', () => {
  const bytes = Buffer.from('\\plain text\\')
  equal(mayDecode(bytes, 1, bytes.length - 1), false)
  equal(mayDecode(bytes, 1, bytes.length), true)
  equal(mayDecode(Buffer.from('x#012'), 0, 4), false)
})
