// The one tree: what a search, an alert rule, a live tail and a Sigma rule compile to. Detection.md §6 and §2.

export type Query =
  /** Everything: the empty query, `*`. */
  | { readonly kind: 'all' }
  | { readonly kind: 'and'; readonly of: readonly Query[] }
  | { readonly kind: 'or'; readonly of: readonly Query[] }
  | { readonly kind: 'not'; readonly of: Query }
  /** One test on one field; the parser names `message` where the query names none. With field '' any value may pass. */
  | { readonly kind: 'test'; readonly field: string; readonly test: Test }

export type Comparison = '<' | '<=' | '>' | '>='

/** A wildcard pattern in pieces: literal text, `*` (any run) and `?` (one code point). */
export type GlobPart = string | { readonly any: 'run' | 'one' }

export type Test =
  /** Text fields: consecutive tokens with the literal punctuation between them; `prefix` lets the last token go on. */
  | { readonly op: 'phrase'; readonly text: string; readonly prefix: boolean }
  /** Text fields: a wildcard term matched against single words (detection.md §6). */
  | { readonly op: 'word'; readonly glob: readonly GlobPart[] }
  /** Keyword fields and Sigma values: the whole value, case-insensitive unless `cased`. Arrays: any element. */
  | { readonly op: 'glob'; readonly glob: readonly GlobPart[]; readonly cased: boolean }
  /** Equal as a number; text that looks like a number counts. */
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'boolean'; readonly value: boolean }
  /** Ordered comparison; `value` is a number (also severity, facility), or ms since 1970 UTC for the time fields. */
  | { readonly op: 'compare'; readonly comparison: Comparison; readonly value: number }
  /** Time relative to now, resolved when the query is compiled: `received:>now-1h`. */
  | { readonly op: 'compareTime'; readonly comparison: Comparison; readonly time: string }
  /** Addresses from..to, inclusive; IPv4 or IPv6 text. */
  | { readonly op: 'addressRange'; readonly from: string; readonly to: string }
  | { readonly op: 'cidr'; readonly network: string }
  /** RE2 (re2js), unanchored, on the original case; flags of i, m, s. */
  | { readonly op: 'regex'; readonly source: string; readonly flags: string }
  | { readonly op: 'exists'; readonly present: boolean }
  /** Absent or null, never ''. */
  | { readonly op: 'null' }
  /** Sigma keyword: the unanchored pattern in the raw message or in any field value. `field` is ''. */
  | { readonly op: 'anywhere'; readonly glob: readonly GlobPart[] }

/** What predicates read: a record, or a flat event of `picket rules match`. */
export interface EventView {
  /** The value of a canonical field name (query/fields.ts), or undefined. Arrays mean "any element". */
  read(field: string): unknown
  /** Every value that a keyword may match: the message, header values, extracted fields; what Picket itself concluded
   *  (event.action …) is left out. The same array for the same event: matchers keep its lower-case form. */
  values(): readonly unknown[]
}

export type Predicate = (event: EventView) => boolean
