// STRUCTURED-DATA (rule R6), RFC 5424 §6.3, and what senders make of it.
//
//   STRUCTURED-DATA = 1*SD-ELEMENT           SD-ELEMENT = "[" SD-ID *(SP SD-PARAM) "]"
//   SD-PARAM        = PARAM-NAME "=" %d34 PARAM-VALUE %d34       ; `"`, `\` and `]` are escaped by `\`
//
// Also taken: blanks inside the brackets, values without quotes (VMware), `]` inside quotes, names of any length.
import type { StructuredData } from './types.ts'

export type StructuredDataRead = { readonly value: StructuredData; readonly end: number }

type Elements = { [id: string]: { [name: string]: string | string[] } }

/** Reads the elements that begin at `at`; undefined unless all of them are well formed. */
export function readStructuredData(text: string, at: number): StructuredDataRead | undefined {
  const elements: Elements = Object.create(null)
  let end = at
  while (text[end] === '[') {
    const next = readElement(text, end, elements)
    if (next < 0) return undefined
    end = next
  }
  return end === at ? undefined : { value: elements, end }
}

/** Adds the element at `at` and returns where it ends, or -1. */
function readElement(text: string, at: number, elements: Elements): number {
  const idStart = skipBlanks(text, at + 1)
  const idEnd = nameEnd(text, idStart)
  if (idEnd === idStart) return -1
  const id = text.slice(idStart, idEnd)
  let params = elements[id]
  if (params === undefined) {
    params = Object.create(null) as Elements[string]
    elements[id] = params
  }
  let i = idEnd
  for (;;) {
    const next = skipBlanks(text, i)
    if (text[next] === ']') return next + 1
    if (next === i) return -1
    const end = nameEnd(text, next)
    if (end === next || text[end] !== '=') return -1
    i = readValue(text, end + 1, params, text.slice(next, end))
    if (i < 0) return -1
  }
}

/** Reads `"value"` or a bare value at `at` into `params[name]`; returns where it ends, or -1. */
function readValue(text: string, at: number, params: Elements[string], name: string): number {
  if (text[at] !== '"') {
    let end = at
    while (end < text.length && text[end] !== ' ' && text[end] !== ']' && text[end] !== '"') end++
    if (end === text.length || text[end] === '"') return -1
    addParam(params, name, text.slice(at, end))
    return end
  }
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\') end++
    else if (text[end] === '"') {
      addParam(params, name, unescapeValue(text.slice(at + 1, end)))
      return end + 1
    }
  }
  return -1
}

function addParam(params: Elements[string], name: string, value: string): void {
  const known = params[name]
  if (known === undefined) params[name] = value
  else if (typeof known === 'string') params[name] = [known, value]
  else known.push(value)
}

/** A backslash before any other character is an ordinary character (RFC 5424 §6.3.3). */
function unescapeValue(raw: string): string {
  return raw.includes('\\') ? raw.replace(/\\(["\\\]])/g, '$1') : raw
}

function nameEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && !isNameEnd(text.charCodeAt(end))) end++
  return end
}

/** Blank, TAB, LF, `"`, `=`, `]`. */
function isNameEnd(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x22 || code === 0x3d || code === 0x5d
}

function skipBlanks(text: string, at: number): number {
  let i = at
  while (text[i] === ' ') i++
  return i
}
