// The documents say what the code does: what is printed from tables is compared, examples are run, links are followed.
// test/config/print.test.ts holds docs/config.md and packaging/picket.yaml.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import { systemClock } from '../src/base/clock.ts'
import { errorCodes } from '../src/base/errors.ts'
import { metrics } from '../src/base/metrics.ts'
import { engine } from '../src/cli/engine.ts'
import { exitCodeOf } from '../src/cli/exit-code.ts'
import type { Io } from '../src/cli/io.ts'
import { createProgram, main } from '../src/cli/program.ts'
import { listKeys } from '../src/config/keys.ts'
import { facilityNames, severityNames } from '../src/model/severity.ts'
import { listFields } from '../src/query/fields.ts'
import { checkRegex } from '../src/query/match.ts'
import { parseQuery } from '../src/query/parse.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const documents = globSync(['*.md', 'docs/*.md', 'packaging/**/*.md', 'src/syslog-parser/*.md'], { cwd: root })

/** Compares a file with what the code prints; UPDATE=1 writes it again. */
function isUpToDate(file: string, text: string): void {
  if (process.env.UPDATE === '1') writeFileSync(join(root, file), text)
  equal(read(file), text, `${file} is not what the code says; run the test with UPDATE=1`)
}

/** The cells of the tables of a document, without head and rule. */
function tableRows(text: string): readonly (readonly string[])[] {
  return text
    .split(/\n(?!\|)/)
    .map(block => block.trim())
    .filter(block => block.startsWith('|'))
    .flatMap(block => block.split('\n').slice(2))
    .map(line =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map(cell => cell.trim().replaceAll('\\|', '|')),
    )
}

const code = (cell: string | undefined) => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, inside]) => inside ?? '')

/** The command tree, with what it prints caught. */
function program(out: (text: string) => void) {
  const io = { out: async (text: string) => out(text), err: out, color: false, env: {} } as unknown as Io
  return createProgram({ io, engine, exit: () => undefined })
}

/** Every command with its words: `rules check`. */
function commandsOf(command: Command, words: readonly string[] = []): [string, Command][] {
  return command.commands
    .filter(child => child.name() !== 'help')
    .flatMap(child => {
      const here = [...words, child.name()]
      return [[here.join(' '), child] as [string, Command], ...commandsOf(child, here)]
    })
}

test('docs/errors.md has every code with its text and exit code, and no other', () => {
  deepEqual(
    tableRows(read('docs/errors.md')).map(([name, exit, text]) => [code(name)[0], Number(exit), text]),
    (Object.keys(errorCodes) as (keyof typeof errorCodes)[]).map(name => [name, exitCodeOf(name), errorCodes[name]]),
  )
})

test('docs/metrics.md is the table of metrics', () => {
  const rows = Object.entries(metrics).map(([name, { kind, labels, help }]) => {
    const labelled = labels.length === 0 ? name : `${name}{${labels.join(',')}}`
    return `| \`${labelled}\` | ${kind} | ${help} |`
  })
  const lines = [
    '# Metrics',
    '',
    '`GET /metrics` gives Prometheus text: to this machine without an account, to others with a session or token. Counters',
    'begin at 0 when Picket starts.',
    '',
    '| metric | kind | what |',
    '|---|---|---|',
    ...rows,
  ]
  isUpToDate('docs/metrics.md', `${lines.join('\n')}\n`)
})

test('docs/commands.md is the help of every command', () => {
  let text = ''
  const tree = program(printed => {
    text += printed
  })
  const lines = [
    '# Commands',
    '',
    'In a checkout `npm run picket -- ARGS` is the same as the installed `picket ARGS`. Exit codes: 0 done; 1 findings, or no',
    'match where that is the question; 2 bad usage or input; 3 the environment.',
  ]
  for (const [words, command] of commandsOf(tree)) {
    text = ''
    command.configureOutput({ ...command.configureOutput(), getOutHelpWidth: () => 100 }).outputHelp()
    lines.push('', `## picket ${words}`, '', '```text', text.trim(), '```')
  }
  isUpToDate('docs/commands.md', `${lines.join('\n')}\n`)
})

test('README.md and the manual page name every command, and no other', () => {
  const commands = program(() => undefined)
    .commands.map(command => command.name())
    .filter(name => name !== 'help')
  const inReadme = tableRows(read('README.md')).flatMap(([cell]) =>
    code(cell).flatMap(text => /^picket (\w+)/.exec(text)?.[1] ?? []),
  )
  deepEqual(inReadme.toSorted(), commands.toSorted())
  const section = /^\.SH COMMANDS\n(.*?)^\.SH/ms.exec(read('packaging/picket.1'))?.[1] ?? ''
  deepEqual(
    [...section.matchAll(/^\.B (\w+)$/gm)].map(([, name]) => name),
    commands,
  )
})

test('every command line of the documents is one that Picket knows', async () => {
  const broken: string[] = []
  const tree = program(() => undefined)
  const known = new Map(commandsOf(tree))
  for (const file of documents) {
    for (const [line, words] of read(file).matchAll(
      /(?<=`|^|\| |picket )picket ((?:--?)?[a-z]+(?: [a-z]+)?)[^`|\n]*/gm,
    )) {
      const [first = '', second = ''] = (words ?? '').split(' ')
      const command = known.get(`${first} ${second}`) ?? known.get(first)
      if (command === undefined) {
        broken.push(`${file}: ${line}`)
        continue
      }
      const options = [...line.matchAll(/\s(--[a-z-]+)/g)].map(([, option]) => option)
      const names = command.options.map(option => option.long)
      const unknown = options.filter(option => option !== undefined && option !== '--help' && !names.includes(option))
      if (unknown.length > 0) broken.push(`${file}: ${line}: ${unknown.join(' ')}`)
    }
  }
  deepEqual(broken, [])
})

test('every example of docs/query.md is a query without a warning', () => {
  const examples = tableRows(/## Try these\n(.*?)\n## /s.exec(read('docs/query.md'))?.[1] ?? '').map(
    ([cell]) => code(cell)[0] ?? '',
  )
  ok(examples.length > 10)
  for (const example of examples) {
    const parsed = parseQuery(example, { checkRegex })
    ok('query' in parsed, `${example}: ${'error' in parsed ? parsed.error.message : ''}`)
    deepEqual(parsed.warnings, [], example)
  }
})

test('docs/query.md has every header field, and its names are fields', () => {
  const text = read('docs/query.md')
  const all = listFields()
  const names = new Map<string, string[]>()
  for (const { name, alias } of all)
    names.set(name, [...(names.get(name) ?? []), ...(alias === undefined ? [] : [alias])])
  const header = tableRows(/## Fields of the header\n(.*?)\n## /s.exec(text)?.[1] ?? '')
  deepEqual(
    header.map(([field, also, help]) => [code(field)[0], code(also).toSorted(), help]),
    all
      .filter(({ help, alias }) => help !== 'extracted field' && alias === undefined)
      .map(({ name, help }) => [name, (names.get(name) ?? []).toSorted(), help]),
  )
  for (const [field, short] of tableRows(/## Extracted fields\n(.*)/s.exec(text)?.[1] ?? '')) {
    const name = code(field)[0] ?? ''
    deepEqual(code(short).toSorted(), (names.get(name) ?? ['no such field']).toSorted(), name)
  }
})

test('the rules of docs/rules.md have no finding, and its cases pass', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'picket-docs-'))
  const blocks = [...read('docs/rules.md').matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block ?? '')
  const [rule = '', cases = '', query = ''] = blocks
  equal(blocks.length, 3)
  writeFileSync(join(folder, 'backup-key.yml'), rule)
  writeFileSync(join(folder, 'backup-key.test.yml'), cases)
  writeFileSync(join(folder, 'query.yml'), query)
  for (const [command, said] of [
    ['check', '2 rules run, 0 errors, 0 remarks\n'],
    ['test', '3 cases, 0 failed; 2 rules, 0 mistakes\n'],
  ] as const) {
    let out = ''
    let err = ''
    const io = {
      out: async (text: string) => {
        out += text
      },
      err: (text: string) => {
        err += text
      },
      color: false,
      env: {},
      clock: systemClock,
    } as unknown as Io
    equal(await main(['rules', command, '--rules', folder], io, engine), 0, `${out}${err}`)
    ok(`${out}${err}`.endsWith(said), `${out}${err}`)
  }
  rmSync(folder, { recursive: true })
})

test('options, metrics and words that the documents name exist', () => {
  const keys = listKeys().map(key => key.path.join('.'))
  const sections = new Set(keys.map(key => key.split('.')[0]))
  const known = new Set([...Object.keys(metrics), ...facilityNames, ...severityNames])
  const broken: string[] = []
  for (const file of documents.filter(file => file !== 'CHANGELOG.md')) {
    for (const inside of code(read(file).replaceAll(/```.*?```/gs, ''))) {
      const option = /^([a-z]+)\.[a-zA-Z.]+$/.exec(inside)
      const isOption = option !== null && sections.has(option[1] ?? '') && !/\.(?:\w?ts|db|md|d|yml|yaml)$/.test(inside)
      if (isOption && !keys.includes(inside) && !/^store\.(?:oldest|newest)$/.test(inside))
        broken.push(`${file}: ${inside}`)
      const metric = /^picket_[a-z_]+/.exec(inside)?.[0]
      if (metric !== undefined && !known.has(metric)) broken.push(`${file}: ${inside}`)
    }
  }
  deepEqual(broken, [])
})

test('links and file names in the documents lead somewhere', () => {
  const broken: string[] = []
  for (const file of documents) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (!/^\w+:/.test(target) && !existsSync(join(root, dirname(file), target))) broken.push(`${file}: ${target}`)
    }
  }
  for (const file of globSync(['src/**/*.ts', 'docs/*.md', 'packaging/*.yaml'], { cwd: root })) {
    for (const [name] of read(file).matchAll(/\bdocs\/[\w-]+\.md\b/g)) {
      if (!existsSync(join(root, name))) broken.push(`${file}: ${name}`)
    }
  }
  deepEqual(broken, [])
})
