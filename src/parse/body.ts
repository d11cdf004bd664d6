// What a body parser is given, what extractFields returns, and the objects that hold extracted fields.
import type { Fields, FieldValue, StructuredData } from '../model/record.ts'

/** The parts of a parsed message that body parsers look at. Absent header values are undefined. */
export type Body = {
  readonly appName?: string | undefined
  readonly procId?: string | undefined
  readonly hostname?: string | undefined
  /** 0..23. */
  readonly facility?: number | undefined
  readonly structuredData?: StructuredData | undefined
  readonly message: string
}

export type Extracted = {
  /** ECS name → value. Nothing is inherited, so a field may have any name. */
  readonly fields: Fields
  /** What looked like a known form and could not be read, in words. */
  readonly problems: readonly string[]
}

export type MutableFields = { [name: string]: FieldValue }

/**
 * A body parser: the text of one message → its fields, or undefined when the text is not of this form.
 * `text` is the message without what the router took off (repeat wrapper, annotation). It never throws.
 */
export type BodyParser = (text: string, body: Body) => Fields | undefined

// An object made by this constructor inherits from an empty object without prototype: no inherited names, as with
// Object.create(null), but V8 keeps a hidden class for it: making one is 4 times and reading it back 15 times cheaper.
const FixedFields = function () {} as unknown as { new (): MutableFields; prototype: unknown }
FixedFields.prototype = Object.freeze(Object.create(null))

/** An empty field object for a parser whose field names are fixed in its source. */
export function newFields(): MutableFields {
  return new FixedFields()
}

/** An empty field object for a parser that takes field names from the message. */
export function newOpenFields(): MutableFields {
  return Object.create(null) as MutableFields
}

/** Sets the field unless the value is one of the words for "nothing": empty - ? (none) (unknown) (undefined). */
export function setText(fields: MutableFields, name: string, value: string | undefined): void {
  if (value !== undefined && !isNothing(value)) fields[name] = value
}

/** Sets the field to a number when the value is all digits and fits exactly; otherwise leaves it away. */
export function setInteger(fields: MutableFields, name: string, value: string | undefined): void {
  const number = value === undefined ? undefined : parseInteger(value)
  if (number !== undefined) fields[name] = number
}

/** The words that log writers put where there is no value. */
export function isNothing(value: string): boolean {
  switch (value) {
    case '':
    case '-':
    case '?':
    case '(none)':
    case '(unknown)':
    case '(undefined)':
      return true
    default:
      return false
  }
}

/** The number of a text of 1 to 15 decimal digits, else undefined. */
export function parseInteger(text: string): number | undefined {
  const length = text.length
  if (length === 0 || length > 15) return undefined
  let number = 0
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    number = number * 10 + digit
  }
  return number
}
