// Configuration: file, environment and command line over the defaults of the schema → one frozen object, or every finding.
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Document, isMap, isSeq, LineCounter, type ParsedNode, parseDocument, parse as parseYaml } from 'yaml'
import type { z } from 'zod'
import { PicketError } from '../base/errors.ts'
import { ConfigError, type Finding } from './finding.ts'
import { listKeys, namesAt, type Path } from './keys.ts'
import { nearest } from './nearest.ts'
import { type CertificateConfig, type Config, configSchema, tlsSections } from './schema.ts'
import { systemReason } from './system-reason.ts'
import { readTlsFiles, type TlsFileKey } from './tls-files.ts'

export type LoadOptions = {
  /** The YAML file; without one `PICKET_CONFIG` of the environment, else only defaults. */
  readonly file?: string | undefined
  /** `PICKET_RECEIVE__UDP__PORT=514` sets `receive.udp.port`; values are read as YAML. None by default. */
  readonly env?: { readonly [name: string]: string | undefined } | undefined
  /** What the command line says, as `{ dataDir: '/srv/picket' }`; wins over everything. */
  readonly overrides?: { readonly [key: string]: unknown } | undefined
}

export type LoadedConfig = {
  readonly config: Config
  readonly file?: string
  /** What should be mended and does not keep Picket from working. */
  readonly warnings: readonly Finding[]
}

/** A configuration file is written by hand; anything bigger is a mistake. */
const maxFileBytes = 1 << 20

/** Reads and checks the configuration. Relative paths are taken from the file's folder (without a file, and from the
 *  environment and command line: from the working folder).
 *  Errors: CONFIG_UNREADABLE; CONFIG_INVALID as ConfigError with all findings. */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const env = options.env ?? {}
  const file = options.file ?? (env.PICKET_CONFIG || undefined)
  const source = readSource(file)
  const origins = new Map<string, string>()
  const findings: Finding[] = [...source.findings]
  const values = toSection(source.value)

  for (const [name, path, text] of environmentSettings(env)) {
    setAt(values, path, resolvePath(path, parseValue(text), process.cwd()))
    origins.set(path.join('.'), name)
  }
  for (const [key, value] of Object.entries(options.overrides ?? {})) {
    if (value === undefined) continue
    values[key] = resolvePath([key], value, process.cwd())
    origins.set(key, 'command line')
  }

  const input = source.value === null || isSection(source.value) ? values : source.value
  const parsed = configSchema.safeParse(input)
  const place = (path: Path, at: 'key' | 'value') => placeOf(source, origins, path, at)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) findings.push(...findingsOf(issue, [], input, place))
  }
  if (findings.length > 0 || !parsed.success) throw new ConfigError(sorted(findings))

  const config = resolvePaths(parsed.data, file === undefined ? process.cwd() : dirname(resolve(file)))
  const { errors, warnings } = fileFindings(config, place)
  if (errors.length > 0) throw new ConfigError(sorted(errors))
  return { config: freeze(config), ...(file === undefined ? {} : { file }), warnings: sorted(warnings) }
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────

type Source = {
  readonly file: string
  readonly value: unknown
  readonly findings: readonly Finding[]
  readonly document?: Document.Parsed
  readonly lines?: LineCounter
}

function readSource(file: string | undefined): Source {
  if (file === undefined) return { file: 'defaults', value: null, findings: [] }
  const text = readText(file)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const findings = [...document.errors, ...document.warnings].map(({ pos: [start], message }) => {
    const { line, col } = lines.linePos(start)
    return { file, line, column: col, key: '', reason: lowerFirst(message) }
  })
  if (findings.length > 0) throw new ConfigError(findings)
  return { file, value: toValue(document, file), findings, document, lines }
}

function readText(file: string): string {
  try {
    if (statSync(file).size > maxFileBytes) {
      throw new PicketError(
        'CONFIG_UNREADABLE',
        `${file} is bigger than ${maxFileBytes} bytes: not a configuration file`,
      )
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    if (error instanceof PicketError) throw error
    throw new PicketError('CONFIG_UNREADABLE', `cannot read the configuration ${file}: ${systemReason(error)}`, {
      cause: error,
    })
  }
}

function toValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS() ?? null
  } catch (error) {
    // yaml refuses documents whose aliases grow without end.
    throw new ConfigError([{ file, line: 1, column: 1, key: '', reason: lowerFirst((error as Error).message) }])
  }
}

/** `[PICKET_RECEIVE__UDP__PORT, [receive, udp, port], '514']`. A variable is a setting when its first word is a section
 *  or option of the schema; other PICKET_ variables belong to somebody else. */
function* environmentSettings(env: NonNullable<LoadOptions['env']>): Iterable<readonly [string, string[], string]> {
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith('PICKET_')) continue
    const path = name.slice('PICKET_'.length).split('__').map(camelCase)
    const first = path[0]
    if (first === undefined || !namesAt([]).includes(first)) continue
    yield [name, path, text]
  }
}

function camelCase(word: string): string {
  return word.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function parseValue(text: string): unknown {
  try {
    return parseYaml(text)
  } catch {
    return text
  }
}

// ── findings ─────────────────────────────────────────────────────────────────────────────────────

type Place = (path: Path, at: 'key' | 'value') => Pick<Finding, 'file' | 'line' | 'column'>

function findingsOf(issue: z.core.$ZodIssue, base: Path, values: unknown, place: Place): Finding[] {
  const path = [...base, ...issue.path.map(step => (typeof step === 'symbol' ? String(step) : step))]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(name => {
      const here = [...path, name]
      return { ...place(here, 'key'), key: here.join('.'), reason: unknownKey(name, path) }
    })
  }
  if (issue.code === 'invalid_union') {
    const value = valueAt(values, path)
    const section = issue.errors.find(
      branch => !branch.some(one => one.path.length === 0 && one.code !== 'unrecognized_keys'),
    )
    if (section !== undefined && isSection(value)) return section.flatMap(one => findingsOf(one, path, values, place))
    return [
      {
        ...place(path, 'value'),
        key: path.join('.'),
        reason: `must be false (off) or a section, not ${describe(value)}`,
      },
    ]
  }
  return [{ ...place(path, 'value'), key: path.join('.'), reason: reasonOf(issue, valueAt(values, path)) }]
}

function unknownKey(name: string, path: Path): string {
  const meant = nearest(name, namesAt(path))
  if (meant !== undefined) return `unknown key (did you mean "${meant}"?)`
  const elsewhere = listKeys().find(key => key.path.at(-1) === name)
  if (elsewhere !== undefined) return `unknown key here (did you mean "${elsewhere.path.join('.')}"?)`
  return `unknown key (known here: ${namesAt(path).join(', ')})`
}

function reasonOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'is missing'
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${expectedWord(issue.expected)}, not ${describe(value)}`
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'array' ? `may have ${issue.maximum} entries` : `must be at most ${issue.maximum}`
    case 'invalid_value': {
      const meant = typeof value === 'string' ? nearest(value, issue.values.map(String)) : undefined
      const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`
      return `must be ${issue.values.map(known => JSON.stringify(known)).join(' or ')}, not ${describe(value)}${hint}`
    }
    case 'invalid_format':
      return issue.format === 'url'
        ? `must be a URL, not ${describe(value)}`
        : `${issue.message}, not ${describe(value)}`
    default:
      return issue.message
  }
}

function expectedWord(expected: string): string {
  const words: { readonly [type: string]: string } = {
    object: 'a section',
    array: 'a list',
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  }
  return words[expected] ?? expected
}

function describe(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a section'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** Where the value at `path` was written: a variable, the command line, or line and column of the nearest node. */
function placeOf(
  source: Source,
  origins: ReadonlyMap<string, string>,
  path: Path,
  at: 'key' | 'value',
): ReturnType<Place> {
  for (let n = path.length; n > 0; n--) {
    const origin = origins.get(path.slice(0, n).join('.'))
    if (origin !== undefined) return { file: origin }
  }
  if (source.document?.hasIn(path) !== true) {
    // A section that only variables speak of.
    const origin = origins.keys().find(key => key.startsWith(`${path.join('.')}.`))
    if (origin !== undefined) return { file: origins.get(origin) ?? '' }
  }
  if (source.document === undefined || source.lines === undefined) return { file: source.file }
  const { line, col } = source.lines.linePos(offsetOf(source.document.contents, path, at))
  return { file: source.file, line, column: col }
}

function offsetOf(root: ParsedNode | null, path: Path, at: 'key' | 'value'): number {
  let node: ParsedNode | null = root
  let offset = root?.range[0] ?? 0
  for (const [n, step] of path.entries()) {
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const pair = node.items.find(item => String(item.key) === String(step))
      if (pair === undefined) return offset
      const last = n === path.length - 1
      offset = (last && at === 'value' ? pair.value?.range[0] : undefined) ?? pair.key.range[0]
      node = pair.value
    } else if (isSeq<ParsedNode>(node)) {
      node = node.items[Number(step)] ?? null
      offset = node?.range[0] ?? offset
    } else {
      return offset
    }
  }
  return offset
}

function sorted(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

// ── paths and secrets ────────────────────────────────────────────────────────────────────────────

const tlsFileKeys: readonly TlsFileKey[] = ['cert', 'key', 'keyPasswordFile', 'clientCa']

/** Options that name a file or folder. */
const pathKeys: ReadonlySet<string> = new Set([
  'dataDir',
  'rules.dirs',
  'mail.passwordFile',
  'mail.tlsCa',
  ...tlsFileKeys.map(key => `receive.tls.${key}`),
])

function resolvePath(path: Path, value: unknown, folder: string): unknown {
  if (!pathKeys.has(path.join('.'))) return value
  if (Array.isArray(value)) return value.map(one => (typeof one === 'string' ? resolve(folder, one) : one))
  return typeof value === 'string' && value !== '' ? resolve(folder, value) : value
}

function resolvePaths(config: Config, folder: string): Config {
  const resolved = (path: string) => resolve(folder, path)
  const { mail, receive } = config
  const withPaths: Config = {
    ...config,
    dataDir: resolved(config.dataDir),
    receive: receive.tls ? { ...receive, tls: withTlsPaths(receive.tls, resolved) } : receive,
    rules: { ...config.rules, dirs: config.rules.dirs.map(resolved) },
  }
  if (mail === undefined) return withPaths
  return {
    ...withPaths,
    mail: {
      ...mail,
      ...(mail.passwordFile === undefined ? {} : { passwordFile: resolved(mail.passwordFile) }),
      ...(mail.tlsCa === undefined ? {} : { tlsCa: resolved(mail.tlsCa) }),
    },
  }
}

function withTlsPaths<C extends CertificateConfig>(section: C, resolved: (path: string) => string): C {
  const named = tlsFileKeys.flatMap(key => (section[key] === undefined ? [] : [[key, resolved(section[key])] as const]))
  return { ...section, ...Object.fromEntries(named) }
}

type FileFindings = { readonly errors: Finding[]; readonly warnings: Finding[] }

/** Files that the configuration names must be readable, and secrets by nobody else (ASVS 13.3.1). */
function fileFindings(config: Config, place: Place): FileFindings {
  const found: FileFindings = { errors: [], warnings: [] }
  const finding = (path: Path, reason: string): Finding => ({ ...place(path, 'value'), key: path.join('.'), reason })
  const check = (path: Path, file: string | undefined, secret: boolean) => {
    const reason = file === undefined ? undefined : unfit(file, secret)
    if (reason !== undefined) found.errors.push(finding(path, reason))
  }
  check(['mail', 'passwordFile'], config.mail?.passwordFile, true)
  check(['mail', 'tlsCa'], config.mail?.tlsCa, false)
  for (const [path, section] of tlsSections(config)) {
    const { errors, warnings } = readTlsFiles(section, Date.now())
    found.errors.push(...errors.map(({ key, reason }) => finding([...path, key], reason)))
    found.warnings.push(...warnings.map(({ key, reason }) => finding([...path, key], reason)))
  }
  return found
}

function unfit(file: string, secret: boolean): string | undefined {
  try {
    const { mode } = statSync(file)
    if (secret && (mode & 0o007) !== 0) return `${file} is open to every user of this machine; run: chmod 600 ${file}`
    readFileSync(file)
    return undefined
  } catch (error) {
    return `cannot read ${file}: ${systemReason(error)}`
  }
}

// ── plain objects ────────────────────────────────────────────────────────────────────────────────

type Section = { [key: string]: unknown }

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toSection(value: unknown): Section {
  return isSection(value) ? value : {}
}

function setAt(root: Section, path: readonly string[], value: unknown): void {
  let section = root
  for (const step of path.slice(0, -1)) {
    const next = toSection(Object.hasOwn(section, step) ? section[step] : undefined)
    section[step] = next
    section = next
  }
  const last = path.at(-1)
  if (last !== undefined) section[last] = value
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Section)[step]
  }
  return value
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
