// One filter as query text, added to or taken out of a query. The query box stays the only place that holds filters.

/** `field:value` as the query language reads it: quoted unless it is a plain word; wildcards stand for themselves. */
export function clause(field: string, value: string | number): string {
  const text = String(value)
  const isPlain = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(text) && !/^(and|or|not|to|null|now.*)$/i.test(text)
  return `${field}:${isPlain ? text : quote(text)}`
}

/** Adds a filter, or takes it out when the query already has exactly it. `hasOr`: the query is an OR at its top. */
export function toggleClause(query: string, added: string, hasOr: boolean): string {
  const parts = splitTop(query)
  if (parts.includes(added)) return parts.filter(part => part !== added).join(' ')
  if (query.trim() === '' || query.trim() === '*') return added
  // The opposite filter would leave nothing to find: replace it.
  const opposite = added.startsWith('-') ? added.slice(1) : `-${added}`
  const kept = parts.filter(part => part !== opposite)
  if (kept.length < parts.length) return [...kept, added].join(' ')
  return hasOr ? `(${query.trim()}) ${added}` : `${query.trim()} ${added}`
}

function quote(text: string): string {
  return `"${text.replace(/[\\"*?]/g, character => `\\${character}`)}"`
}

/** The parts of a query between blanks, leaving quotes and parentheses whole. */
function splitTop(query: string): string[] {
  const parts: string[] = []
  let part = ''
  let depth = 0
  let quoted = false
  for (let at = 0; at < query.length; at++) {
    const character = query.charAt(at)
    if (character === '\\') {
      part += character + query.charAt(++at)
      continue
    }
    if (character === '"') quoted = !quoted
    if (!quoted && character === '(') depth++
    if (!quoted && character === ')') depth--
    if (!quoted && depth <= 0 && /\s/.test(character)) {
      if (part) parts.push(part)
      part = ''
      continue
    }
    part += character
  }
  if (part) parts.push(part)
  return parts
}
