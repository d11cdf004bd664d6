// One document of a rule file → a compiled rule: Sigma's keys, and `picket:` for what Sigma lacks.
import type { Level, RuleInfo } from '../model/rule.ts'
import { levels } from '../model/rule.ts'
import type { Query } from '../query/ast.ts'
import { checkRegex } from '../query/match.ts'
import { parseQuery } from '../query/parse.ts'
import { conditionQuery } from './condition.ts'
import { didYouMean, type Position, RuleError, type Warn } from './finding.ts'
import type { LogSource } from './log-source.ts'
import { itemQuery, keywordQuery, type Variables } from './modifiers.ts'
import { entry, type MapValue, text, texts, type Value } from './rule-file.ts'

/** A rule that can run. Plain data: predicates are made by match.ts. */
export type CompiledRule = {
  readonly info: RuleInfo
  readonly logSource: LogSource
  readonly query: Query
  /** Where the rule stands, for findings about the rule as a whole. */
  readonly at: Position
}

const ruleKeys = [
  'title',
  'id',
  'name',
  'taxonomy',
  'related',
  'status',
  'description',
  'license',
  'author',
  'references',
  'date',
  'modified',
  'logsource',
  'detection',
  'fields',
  'falsepositives',
  'level',
  'tags',
  'scope',
  'picket',
] as const
const logSourceKeys = ['category', 'product', 'service', 'definition'] as const
const picketKeys = ['query', 'next'] as const
const correlationTypes = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
] as const

/**
 * Compiles one document. `warn` takes findings that do not stop the rule. Returns undefined for documents that this
 * version leaves out (correlations, filters; warned about). Throws RuleError for a mistake.
 */
export function compileDocument(
  file: string,
  document: Value,
  variables: Variables,
  warn: Warn,
): CompiledRule | undefined {
  if (document.kind !== 'map')
    throw new RuleError(document, 'yaml', 'a rule is a map of keys like title, logsource, detection')
  const at: Position = { line: document.line, column: document.column }
  const correlation = entry(document, 'correlation')
  if (correlation !== undefined) {
    checkCorrelation(correlation.value)
    warn(
      correlation.keyAt,
      'warning',
      'unsupported',
      'correlation rules are not run by this version; this document is left out',
    )
    return undefined
  }
  const filter = entry(document, 'filter')
  if (filter !== undefined) {
    warn(
      filter.keyAt,
      'warning',
      'unsupported',
      'filter documents are not run by this version; this document is left out',
    )
    return undefined
  }
  const title = text(document, 'title')
  if (title === undefined || title.trim() === '')
    throw new RuleError(entry(document, 'title')?.keyAt ?? at, 'title', 'the rule has no title')
  for (const { key, keyAt } of document.entries) {
    const hint = (ruleKeys as readonly string[]).includes(key) ? '' : didYouMean(key, ruleKeys)
    if (hint !== '') warn(keyAt, 'warning', 'key', `unknown key "${key}"${hint}`)
  }
  const picket = picketOf(document)
  const queryText = picket === undefined ? undefined : entry(picket, 'query')
  const warning = (where: Position, message: string) => warn(where, 'warning', 'condition', message)
  const query =
    queryText === undefined
      ? detectionQuery(document, variables, warning)
      : queryOf(queryText.value, (where, m) => warn(where, 'warning', 'query', m))
  return {
    info: infoOf(file, document, title, picket, warn),
    logSource: logSourceOf(document, queryText !== undefined),
    query,
    at,
  }
}

function picketOf(document: MapValue): MapValue | undefined {
  const value = entry(document, 'picket')?.value
  if (value === undefined) return undefined
  if (value.kind !== 'map') throw new RuleError(value, 'picket', '"picket" is a map with the keys query and next')
  for (const { key, keyAt } of value.entries) {
    if (!(picketKeys as readonly string[]).includes(key)) {
      throw new RuleError(keyAt, 'picket', `unknown key "picket.${key}"${didYouMean(key, picketKeys)}`)
    }
  }
  return value
}

function infoOf(file: string, document: MapValue, title: string, picket: MapValue | undefined, warn: Warn): RuleInfo {
  return {
    id: text(document, 'id') ?? text(document, 'name') ?? title,
    name: text(document, 'name'),
    title,
    level: levelOf(document, warn),
    description: text(document, 'description')?.trim(),
    falsePositives: texts(document, 'falsepositives'),
    techniques: texts(document, 'tags').flatMap(
      tag => /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1]?.toUpperCase() ?? [],
    ),
    nextSteps: picket === undefined ? undefined : text(picket, 'next')?.trim(),
    file,
    enabled: true,
  }
}

function levelOf(document: MapValue, warn: Warn): Level {
  const found = entry(document, 'level')
  if (found === undefined) {
    warn(document, 'info', 'level', 'the rule has no level; "medium" is taken')
    return 'medium'
  }
  const word = text(document, 'level') ?? ''
  const level = levels.find(l => l === word.toLowerCase())
  if (level === undefined)
    throw new RuleError(
      found.value,
      'level',
      `unknown level "${word}"${didYouMean(word, levels)}; one of ${levels.join(', ')}`,
    )
  return level
}

function logSourceOf(document: MapValue, optional: boolean): LogSource {
  const found = entry(document, 'logsource')
  if (found === undefined) {
    if (optional) return {}
    throw new RuleError(document, 'logsource', 'the rule has no logsource')
  }
  const { keyAt, value } = found
  if (value.kind !== 'map')
    throw new RuleError(keyAt, 'logsource', '"logsource" is a map of category, product, service')
  for (const { key, keyAt } of value.entries) {
    const hint = (logSourceKeys as readonly string[]).includes(key) ? '' : didYouMean(key, logSourceKeys)
    if (hint !== '') throw new RuleError(keyAt, 'logsource', `unknown key "${key}"${hint}`)
  }
  const [category, product, service] = ['category', 'product', 'service'].map(key => text(value, key)?.toLowerCase())
  if (category === undefined && product === undefined && service === undefined) {
    throw new RuleError(keyAt, 'logsource', '"logsource" names no category, product or service')
  }
  return { category, product, service }
}

function detectionQuery(
  document: MapValue,
  variables: Variables,
  warn: (at: Position, message: string) => void,
): Query {
  const found = entry(document, 'detection')
  if (found === undefined) throw new RuleError(document, 'detection', 'the rule has no detection (or picket.query)')
  if (found.value.kind !== 'map')
    throw new RuleError(found.keyAt, 'detection', '"detection" is a map of named blocks and a condition')
  const blocks = new Map<string, Query>()
  for (const { key, keyAt, value } of found.value.entries) {
    if (key === 'condition' || key === 'timeframe') continue
    blocks.set(key, blockQuery(value, keyAt, variables))
  }
  const condition = entry(found.value, 'condition')
  if (condition === undefined) throw new RuleError(found.keyAt, 'condition', 'the detection has no condition')
  if (blocks.size === 0)
    throw new RuleError(found.keyAt, 'detection', 'the detection has no block besides its condition')
  const items = condition.value.kind === 'list' ? condition.value.items : [condition.value]
  const of = items.map(item => {
    if (item.kind !== 'scalar' || typeof item.value === 'boolean' || item.value === null) {
      throw new RuleError(item, 'condition', 'a condition is text')
    }
    return conditionQuery(String(item.value), blocks, positionIn(item), warn)
  })
  const [only] = of
  if (only === undefined) throw new RuleError(condition.keyAt, 'condition', 'the list of conditions is empty')
  return of.length === 1 ? only : { kind: 'or', of }
}

/** map = AND of its items; list = OR of its elements; a scalar is a keyword (detection.md §2.5). */
function blockQuery(value: Value, at: Position, variables: Variables): Query {
  if (value.kind === 'scalar') {
    if (value.value === null) throw new RuleError(at, 'empty', 'the block is empty')
    return keywordQuery(value, variables)
  }
  if (value.kind === 'list') {
    if (value.items.length === 0) throw new RuleError(at, 'empty', 'the block is empty')
    return oneOr(
      'or',
      value.items.map(item => blockQuery(item, item, variables)),
    )
  }
  if (value.entries.length === 0) throw new RuleError(at, 'empty', 'the block is empty')
  return oneOr(
    'and',
    value.entries.map(item => itemQuery(item.key, item.keyAt, item.value, variables)),
  )
}

function oneOr(kind: 'and' | 'or', of: readonly Query[]): Query {
  return of.length === 1 && of[0] ? of[0] : { kind, of }
}

/** Offset in a scalar's text → position in the file; exact for texts on one line, else the scalar's own position. */
function positionIn(value: Value): (offset: number) => Position {
  if (value.kind !== 'scalar' || value.style === 'block') return () => value
  const column = value.column + (value.style === 'quoted' ? 1 : 0)
  return offset => ({ line: value.line, column: column + offset })
}

function queryOf(value: Value, warn: (at: Position, message: string) => void): Query {
  if (value.kind !== 'scalar' || typeof value.value !== 'string')
    throw new RuleError(value, 'query', '"picket.query" is text')
  const result = parseQuery(value.value, { checkRegex })
  const positionOf = positionIn(value)
  if ('error' in result) {
    const { position, message, suggestion } = result.error
    const hint = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`
    throw new RuleError(positionOf(position), 'query', `${message}${message.includes('did you mean') ? '' : hint}`)
  }
  if (usesNow(result.query))
    throw new RuleError(value, 'query', 'a rule sees each record as it arrives: it cannot compare with "now"')
  for (const warning of result.warnings) warn(value, warning)
  return result.query
}

function usesNow(query: Query): boolean {
  switch (query.kind) {
    case 'all':
      return false
    case 'not':
      return usesNow(query.of)
    case 'test':
      return query.test.op === 'compareTime' && query.test.time.startsWith('now')
    default:
      return query.of.some(usesNow)
  }
}

/** Correlations are not run yet; their plainest mistakes are told all the same. */
function checkCorrelation(value: Value): void {
  if (value.kind !== 'map') throw new RuleError(value, 'correlation', '"correlation" is a map')
  const type = entry(value, 'type')
  const word = text(value, 'type') ?? ''
  if (type === undefined) throw new RuleError(value, 'correlation', 'the correlation has no type')
  if (!(correlationTypes as readonly string[]).includes(word)) {
    throw new RuleError(
      type.value,
      'correlation',
      `unknown correlation type "${word}"${didYouMean(word, correlationTypes)}`,
    )
  }
  const timespan = entry(value, 'timespan')
  if (timespan === undefined) throw new RuleError(value, 'correlation', 'the correlation has no timespan')
  if (!/^\d+[smhdwMy]$/.test(text(value, 'timespan') ?? '')) {
    throw new RuleError(timespan.value, 'correlation', 'timespan is a number and s, m, h or d, like 5m')
  }
  if (entry(value, 'rules') === undefined) throw new RuleError(value, 'correlation', 'the correlation names no rules')
}
