// Query text → tree: the grammar of detection.md §6 as a recursive descent. Limits: 8 KiB, 256 clauses, depth 32.
// The web UI bundles this file: no node: imports, no libraries.
import type { Query } from './ast.ts'
import { type FieldInfo, findField, nearestField } from './fields.ts'
import { isSuffix, type QueryProblem, Refusal, readValue, refuse, skipBlanks } from './lex.ts'
import { exists, testsOf, type ValueContext } from './value.ts'

export type { QueryProblem } from './lex.ts'

export type ParsedQuery =
  | { readonly query: Query; readonly warnings: readonly string[] }
  | { readonly error: QueryProblem }

export type ParseOptions = Pick<ValueContext, 'checkRegex'>

const maxQueryBytes = 8192
export const maxClauses = 256
export const maxDepth = 32

/**
 * Parses a query. Returns the tree with warnings, or the first problem with its place; never throws on input.
 * A query without words matches everything.
 */
export function parseQuery(text: string, options: ParseOptions = {}): ParsedQuery {
  try {
    return parse(text, options)
  } catch (error) {
    if (error instanceof Refusal) return { error: error.problem }
    throw error
  }
}

const operator = /(?:OR|AND|NOT)(?=[\s()"]|$)|\|\||&&/y
const fieldName = /((?:[A-Za-z_@]|\\.)(?:[\w.@/-]|\\.)*)(:|[<>]=?)/y

function parse(text: string, options: ParseOptions): ParsedQuery {
  const bytes = new TextEncoder().encode(text).length
  if (bytes > maxQueryBytes) {
    refuse(0, text.length, `the query is ${bytes} bytes long; the limit is ${maxQueryBytes}`)
  }
  const warnings: string[] = []
  const warn = (warning: string) => {
    if (!warnings.includes(warning)) warnings.push(warning)
  }
  const message = messageField()
  let at = skipBlanks(text, 0)
  let clauses = 0
  warnOfOddCharacters(text, warn)

  if (at >= text.length) return { query: { kind: 'all' }, warnings }
  const query = parseOr(0, undefined)
  if (at < text.length) refuse(at, 1, 'this ) closes nothing; remove it, or write "…" around the text')
  return { query, warnings }

  function parseOr(depth: number, field: FieldInfo | undefined): Query {
    const list = [parseAnd(depth, field)]
    while (operatorAt() === 'OR') {
      const [position, length] = takeOperator()
      needOperand(position, length)
      list.push(parseAnd(depth, field))
    }
    return joined('or', list)
  }

  function parseAnd(depth: number, field: FieldInfo | undefined): Query {
    const list = [parseUnary(depth, field)]
    for (;;) {
      at = skipBlanks(text, at)
      const next = operatorAt()
      if (at >= text.length || text.charAt(at) === ')' || next === 'OR') return joined('and', list)
      if (next === 'AND') {
        const [position, length] = takeOperator()
        needOperand(position, length)
      }
      list.push(parseUnary(depth, field))
    }
  }

  function parseUnary(depth: number, field: FieldInfo | undefined): Query {
    at = skipBlanks(text, at)
    if (depth > maxDepth) refuse(at, 1, `more than ${maxDepth} levels of brackets or NOT; write the query flatter`)
    const next = operatorAt()
    if (next === 'AND' || next === 'OR') {
      const [position, length] = takeOperator()
      refuse(position, length, `${next} needs something on its left; write "${next}" in quotes to search for the word`)
    }
    const character = text.charAt(at)
    const glued = at + 1 < text.length && !/\s/.test(text.charAt(at + 1))
    if (next === 'NOT' || character === '!') {
      const [position, length] = next === 'NOT' ? takeOperator() : take(1)
      needOperand(position, length)
      return { kind: 'not', of: parseUnary(depth + 1, field) }
    }
    if (character === '-' && glued) {
      warnOfOption()
      const [position, length] = take(1)
      needOperand(position, length)
      return { kind: 'not', of: parseUnary(depth + 1, field) }
    }
    if (character === '+' && glued) {
      const [position, length] = take(1)
      needOperand(position, length)
      return parseUnary(depth + 1, field)
    }
    if (character === '(') return parseGroup(depth, field)
    if (character === ')') refuse(at, 1, 'there is nothing before this ); remove it, or write "…" around the text')
    return parseClause(depth, field)
  }

  function parseGroup(depth: number, field: FieldInfo | undefined): Query {
    const open = at
    at = skipBlanks(text, at + 1)
    if (text.charAt(at) === ')') refuse(open, at + 1 - open, 'there is nothing between these brackets')
    if (at >= text.length) refuse(open, 1, 'this ( is never closed')
    const inside = parseOr(depth + 1, field)
    if (text.charAt(at) !== ')') refuse(open, 1, 'this ( is never closed; add a ) at the end')
    at++
    takeSuffix()
    return inside
  }

  function parseClause(depth: number, group: FieldInfo | undefined): Query {
    const named = fieldAt()
    if (named === undefined) return parseValue(group ?? message, group === undefined)
    if (group !== undefined) {
      refuse(
        named.start,
        named.end - named.start,
        `inside ${group.name}:( ) no other field can be named; close the bracket first`,
      )
    }
    at = named.separator === ':' ? skipBlanks(text, named.end) : named.end - named.separator.length
    if (at >= text.length || text.charAt(at) === ')' || operatorAt() !== undefined) {
      refuse(
        named.start,
        named.end - named.start,
        `${named.name}: needs a value, like ${named.name}:word or ${named.name}:*`,
      )
    }
    if (named.name === '_exists_') return parseExists()
    const field = findField(named.name) ?? unknownField(named)
    if (text.charAt(at) === '(') return parseGroup(depth, field)
    return parseValue(field, false)
  }

  function parseExists(): Query {
    const value = readValue(text, at)
    if (value.kind !== 'term') refuse(at, value.end - at, '_exists_: needs the name of a field')
    const name = { name: value.text, start: value.start, end: value.end, separator: '' }
    count(value.start)
    at = value.end
    takeSuffix()
    return exists(findField(value.text) ?? unknownField(name))
  }

  function parseValue(field: FieldInfo, anyField: boolean): Query {
    if (text.charAt(at) === '@') {
      const list = readValue(text, at)
      const reason = 'lists (@name) are not available in queries yet; write "@…" in quotes to search for the text'
      refuse(at, list.end - at, reason, `"${text.slice(at, list.end)}"`)
    }
    const value = readValue(text, at)
    count(value.start)
    if (value.kind === 'term') warnOfSmallOperator(value.text)
    at = value.end
    takeSuffix()
    const next = text.charAt(at)
    if (next === '(' || next === '"') {
      const reason = 'a blank or an operator is missing here; to search for this text as it stands, write "…" around it'
      refuse(at, 1, reason)
    }
    return testsOf(field, value, { anyField, warn, checkRegex: options.checkRegex })
  }

  function count(position: number): void {
    if (++clauses > maxClauses) refuse(position, 1, `more than ${maxClauses} words and tests; use fewer, or wildcards`)
  }

  /** `^2` is passed over with a warning, `~` refused. */
  function takeSuffix(): void {
    while (isSuffix(text, at)) {
      const length = (/^\S[\d.]*/.exec(text.slice(at, at + 32)) ?? [''])[0].length
      if (text.charAt(at) === '~') {
        refuse(
          at,
          length,
          'Picket does not search for similar words (~); use the wildcards * and ?, or \\~ for the character',
        )
      }
      warn(`${text.slice(at, at + length)} is ignored: results are ordered by time, not by relevance`)
      at += length
    }
  }

  type Operator = 'OR' | 'AND' | 'NOT'

  function operatorAt(): Operator | undefined {
    at = skipBlanks(text, at)
    operator.lastIndex = at
    const found = operator.exec(text)?.[0]
    if (found === '||') return 'OR'
    if (found === '&&') return 'AND'
    return found as Operator | undefined // the only other alternatives of the pattern
  }

  function takeOperator(): readonly [position: number, length: number] {
    operator.lastIndex = at
    return take(operator.exec(text)?.[0].length ?? 0)
  }

  function take(length: number): readonly [position: number, length: number] {
    at += length
    return [at - length, length]
  }

  function needOperand(position: number, length: number): void {
    at = skipBlanks(text, at)
    if (at < text.length && text.charAt(at) !== ')') return
    const sign = text.slice(position, position + length)
    refuse(position, length, `${sign} needs something on its right; write "${sign}" in quotes to search for it`)
  }

  type Named = { readonly name: string; readonly start: number; readonly end: number; readonly separator: string }

  /** The field that the clause begins with. Without a colon (`severity<=4`) only a known name is one. */
  function fieldAt(): Named | undefined {
    fieldName.lastIndex = at
    const [whole, written = '', separator = ''] = fieldName.exec(text) ?? []
    if (whole === undefined) return undefined
    const name = written.replaceAll(/\\(.)/gs, '$1')
    if (separator !== ':' && (findField(name) === undefined || name !== written)) return undefined
    if (separator === ':' && name !== written && !/^(?:sd|fields)\./i.test(name)) return undefined
    return { name, start: at, end: at + whole.length, separator }
  }

  function unknownField(named: Named): never {
    const nearest = nearestField(named.name)
    const hint = nearest === undefined ? '' : `; the nearest is ${nearest}`
    const value = readWhole(named.start)
    refuse(
      named.start,
      named.name.length,
      `there is no field ${named.name}${hint}; to search for the text, write "${value}" in quotes`,
      nearest,
    )
  }

  function readWhole(start: number): string {
    return (/^[^\s()"]*/.exec(text.slice(start, start + 200)) ?? [''])[0]
  }

  function warnOfOption(): void {
    const option = /^-\w{1,2}(?=[\s)]|$)/.exec(text.slice(at, at + 8))?.[0]
    if (option === undefined || at === 0) return
    warn(
      `${option} leaves out records with the word ${option.slice(1)}; to search for an option, write "command ${option}" in quotes`,
    )
  }

  function warnOfSmallOperator(word: string): void {
    if (/^(?:or|and|not)$/.test(word)) warn(`${word} is searched as a word; the operator is ${word.toUpperCase()}`)
  }
}

function messageField(): FieldInfo {
  const field = findField('message')
  if (field === undefined) throw new Error('BUG: the field table lacks message')
  return field
}

/** Lists within lists of the same kind are one list; a list of one is its member. */
function joined(kind: 'and' | 'or', list: readonly Query[]): Query {
  const [only] = list
  if (list.length === 1 && only !== undefined) return only
  return { kind, of: list.flatMap(query => (query.kind === kind ? query.of : [query])) }
}

function warnOfOddCharacters(text: string, warn: (warning: string) => void): void {
  const hidden = /(?![\t\n\v\f\r])[\p{Cc}\p{Cf}]/u.exec(text)?.[0]
  if (hidden !== undefined) {
    const code = (hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    warn(`the query holds the invisible character U+${code}, which is searched like any other`)
  }
  if (/[\u201c\u201d\u201e]/.test(text))
    warn('“ ” are searched like any other character; the quotes of a phrase are " "')
}
