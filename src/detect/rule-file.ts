// YAML text → documents of plain values with positions. Scalars are resolved as PyYAML does, because Sigma rules are
// written for it: `yes` is a boolean, `y` is text, `00000429` and `1e3` are text.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, Scalar } from 'yaml'
import { type Finding, type Position, RuleError } from './finding.ts'

/** Bounds on one file: a rule file is written by hand, so more is a mistake or an attack (billion laughs). */
export const maxFileBytes = 1 << 20
const maxAliases = 100
const maxNodes = 200_000
const maxDepth = 64

export type ScalarValue = string | number | boolean | null
export type Value = Position &
  (
    | { readonly kind: 'scalar'; readonly value: ScalarValue; readonly style: 'plain' | 'quoted' | 'block' }
    | { readonly kind: 'list'; readonly items: readonly Value[] }
    | { readonly kind: 'map'; readonly entries: readonly Entry[] }
  )
export type Entry = { readonly key: string; readonly keyAt: Position; readonly value: Value }
export type MapValue = Extract<Value, { kind: 'map' }>

/** Reads all documents of a rule file. A file with a YAML mistake gives findings and no documents. */
export function parseRuleFile(
  file: string,
  text: string,
): { documents: readonly Value[]; findings: readonly Finding[] } {
  const fail = (at: Position, message: string) => ({
    documents: [],
    findings: [{ file, line: at.line, column: at.column, severity: 'error' as const, code: 'yaml', message }],
  })
  if (Buffer.byteLength(text) > maxFileBytes) return fail({ line: 1, column: 1 }, 'the file is larger than 1 MiB')
  const lineCounter = new LineCounter()
  const parsed = parseAllDocuments(text, {
    version: '1.1',
    schema: 'failsafe',
    uniqueKeys: true,
    lineCounter,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const documents: Value[] = []
  for (const document of 'empty' in parsed ? [] : parsed) {
    const mistake = yamlMistake(text, document)
    if (mistake !== undefined) {
      const { line, col } = lineCounter.linePos(mistake.offset)
      return fail({ line, column: col }, `YAML: ${mistake.message}`)
    }
    if (document.contents === null || isEmptyScalar(document.contents)) continue
    try {
      documents.push(plainValue(document, lineCounter))
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      return fail(error.at, error.message)
    }
  }
  return { documents, findings: [] }
}

/** The entry of a map, or undefined. */
export function entry(map: MapValue, key: string): Entry | undefined {
  return map.entries.find(e => e.key === key)
}

/** The text of an entry, or undefined when it is absent or no text. Numbers are given as written in decimal. */
export function text(map: MapValue, key: string): string | undefined {
  const value = entry(map, key)?.value
  if (value?.kind !== 'scalar' || value.value === null) return undefined
  return String(value.value)
}

/** The texts of an entry that is one text or a list of texts. */
export function texts(map: MapValue, key: string): readonly string[] {
  const value = entry(map, key)?.value
  if (value === undefined) return []
  const items = value.kind === 'list' ? value.items : [value]
  return items.flatMap(item => (item.kind === 'scalar' && item.value !== null ? [String(item.value)] : []))
}

const isEmptyScalar = (node: unknown) =>
  isScalar(node) && node.type === Scalar.PLAIN && node.source === '' && node.tag === undefined

/** The first mistake, placed where a person would look for it. */
function yamlMistake(text: string, document: Document): { offset: number; message: string } | undefined {
  const error = document.errors.find(e => e.code === 'MULTILINE_IMPLICIT_KEY') ?? document.errors[0]
  if (error === undefined) return undefined
  const message = error.message.replace(/\s+/g, ' ')
  const [offset] = error.pos
  if (error.code === 'MULTILINE_IMPLICIT_KEY') {
    // A line that is indented too far reads as the second line of the value above.
    const next = text.indexOf('\n', offset) + 1
    const indent = /^[ \t]*/.exec(text.slice(next, next + 1024))?.[0].length ?? 0
    return { offset: next + indent, message: 'wrong indentation: this line reads as part of the value above' }
  }
  if (error.code === 'MISSING_CHAR' && offset >= text.trimEnd().length) {
    // A string that is never closed: the end of the file says nothing, its start does.
    return { offset: unclosedQuote(text) ?? offset, message: `${message} (the string that begins here is not closed)` }
  }
  return { offset, message }
}

function unclosedQuote(text: string): number | undefined {
  for (const match of text.matchAll(/[:-][ \t]+(['"])([^\n]*)/g)) {
    const [, quote = '', rest = ''] = match
    if (!rest.replaceAll(quote === "'" ? "''" : '\\"', '').includes(quote)) return match.index + match[0].indexOf(quote)
  }
  return undefined
}

function plainValue(document: Document, lineCounter: LineCounter): Value {
  let nodes = 0
  let aliases = 0

  const position = (node: unknown): Position => {
    const offset = (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  const convert = (node: unknown, depth: number, keyAt: Position): Value => {
    if (node === null || node === undefined) return { ...keyAt, kind: 'scalar', value: null, style: 'plain' }
    const at = position(node)
    if (++nodes > maxNodes) throw new RuleError(at, 'yaml', `more than ${maxNodes} values in one file`)
    if (depth > maxDepth) throw new RuleError(at, 'yaml', `nested deeper than ${maxDepth}`)
    if (isAlias(node)) {
      if (++aliases > maxAliases) throw new RuleError(at, 'yaml', `more than ${maxAliases} aliases`)
      const target = node.resolve(document)
      if (target === undefined) throw new RuleError(at, 'yaml', `the alias *${node.source} names no anchor`)
      return convert(target, depth + 1, at)
    }
    const tag = (node as Node).tag
    if (tag !== undefined && !knownTags.has(tag)) throw new RuleError(at, 'yaml', `tag ${tag} is not allowed`)
    if (isMap(node)) {
      const entries = node.items.map(pair => {
        const at = position(pair.key)
        if (!isScalar(pair.key)) throw new RuleError(at, 'yaml', 'a key must be text')
        const key = String(pair.key.value)
        if (key === '<<') throw new RuleError(at, 'yaml', 'merge keys (<<) are not supported; repeat the keys')
        return { key, keyAt: at, value: convert(pair.value, depth + 1, at) }
      })
      return { ...at, kind: 'map', entries }
    }
    if (isSeq(node)) return { ...at, kind: 'list', items: node.items.map(item => convert(item, depth + 1, at)) }
    if (!isScalar(node)) throw new RuleError(at, 'yaml', 'not a value')
    const source = String(node.value)
    if (node.type === Scalar.PLAIN && tag === undefined) {
      // An empty value has the position behind its key, which may be the next line.
      return { ...(source === '' ? keyAt : at), kind: 'scalar', value: resolvePlain(source), style: 'plain' }
    }
    const block = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED
    return { ...at, kind: 'scalar', value: source, style: block ? 'block' : 'quoted' }
  }

  return convert(document.contents, 0, { line: 1, column: 1 })
}

const knownTags = new Set(['tag:yaml.org,2002:str', 'tag:yaml.org,2002:map', 'tag:yaml.org,2002:seq'])

/** YAML 1.1 as PyYAML resolves it, less dates and base 60, which stay text. */
function resolvePlain(source: string): ScalarValue {
  if (/^(?:~|null|Null|NULL|)$/.test(source)) return null
  if (/^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(source)) return true
  if (/^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(source)) return false
  const digits = source.replaceAll('_', '')
  if (/^[-+]?(?:0|[1-9][0-9_]*)$/.test(source)) return Number(digits)
  if (/^[-+]?0[0-7_]+$/.test(source)) return Number.parseInt(digits, 8)
  if (/^[-+]?0x[0-9a-fA-F_]+$/.test(source)) return Number.parseInt(digits, 16)
  if (/^[-+]?0b[01_]+$/.test(source)) return Number.parseInt(digits.replace('0b', ''), 2)
  if (/^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$/.test(source)) return Number(digits)
  return source
}
