// The schema as a tree of keys: what the loader's hints, the option reference and the shipped file are made from.
import { z } from 'zod'
import { configSchema } from './schema.ts'

/** A place in the configuration: names, and numbers in lists. */
export type Path = readonly (string | number)[]

export type Key = {
  readonly path: readonly string[]
  readonly help: string
  /** undefined: a section, or an option without a default. */
  readonly default: unknown
  /** In words: `number 0..65535`, `text`, `list of text`, `yes/no`, `one of a, b`. Sections say `section`. */
  readonly form: string
  /** A section that `false` switches off. */
  readonly canBeOff: boolean
  /** An option that has no default and must be given when its section is. */
  readonly required: boolean
  /** A section that is absent unless written. */
  readonly optional: boolean
}

type Schema = z.core.$ZodType

/** Every key of the schema, sections before their options, in the order of the schema. */
export function listKeys(): readonly Key[] {
  return keysOf(configSchema, [])
}

/** The names that may stand in the section at `path`; none when it is no section. */
export function namesAt(path: Path): readonly string[] {
  let schema: Schema | undefined = configSchema
  for (const step of path) {
    if (schema === undefined) return []
    const inner = unwrap(schema)
    if (typeof step === 'number') schema = inner instanceof z.core.$ZodArray ? inner._zod.def.element : undefined
    else schema = inner instanceof z.core.$ZodObject ? inner._zod.def.shape[step] : undefined
  }
  const section = schema === undefined ? undefined : unwrap(schema)
  return section instanceof z.core.$ZodObject ? Object.keys(section._zod.def.shape) : []
}

function keysOf(section: z.core.$ZodObject, path: readonly string[]): readonly Key[] {
  return Object.entries(section._zod.def.shape).flatMap(([name, schema]) => {
    const here = [...path, name]
    const inner = unwrap(schema)
    const key: Key = {
      path: here,
      help: helpOf(schema),
      default: inner instanceof z.core.$ZodObject ? undefined : defaultOf(schema),
      form: formOf(inner),
      canBeOff: hasOff(schema),
      required: !z.safeParse(schema, undefined).success,
      optional: inner instanceof z.core.$ZodObject && schema instanceof z.core.$ZodOptional,
    }
    return inner instanceof z.core.$ZodObject ? [key, ...keysOf(inner, here)] : [key]
  })
}

/** The schema under its default, optional, and the section under `false | section`. */
function unwrap(schema: Schema): Schema {
  if (
    schema instanceof z.core.$ZodOptional ||
    schema instanceof z.core.$ZodDefault ||
    schema instanceof z.core.$ZodPrefault
  ) {
    return unwrap(schema._zod.def.innerType)
  }
  if (schema instanceof z.core.$ZodUnion) {
    return schema._zod.def.options.map(unwrap).find(option => option instanceof z.core.$ZodObject) ?? schema
  }
  return schema
}

function hasOff(schema: Schema): boolean {
  if (schema instanceof z.core.$ZodPrefault || schema instanceof z.core.$ZodOptional)
    return hasOff(schema._zod.def.innerType)
  if (!(schema instanceof z.core.$ZodUnion)) return false
  return schema._zod.def.options.some(option => option instanceof z.core.$ZodLiteral)
}

function helpOf(schema: Schema): string {
  const help = z.globalRegistry.get(schema)?.description
  if (help !== undefined) return help
  const wrapped = schema instanceof z.core.$ZodOptional || schema instanceof z.core.$ZodDefault
  return wrapped ? helpOf(schema._zod.def.innerType) : ''
}

function defaultOf(schema: Schema): unknown {
  const parsed = z.safeParse(schema, undefined)
  return parsed.success ? parsed.data : undefined
}

function formOf(schema: Schema): string {
  if (schema instanceof z.core.$ZodObject) return 'section'
  if (schema instanceof z.core.$ZodArray) {
    const element = schema._zod.def.element
    return `list of ${element instanceof z.core.$ZodObject ? sectionForm(element) : formOf(element)}`
  }
  if (schema instanceof z.core.$ZodEnum) return `one of ${Object.values(schema._zod.def.entries).join(', ')}`
  if (schema instanceof z.core.$ZodBoolean) return 'true or false'
  if (schema instanceof z.ZodNumber) return `number ${schema.minValue}..${schema.maxValue}`
  return 'text'
}

function sectionForm(section: z.core.$ZodObject): string {
  return `{ ${Object.keys(section._zod.def.shape).join(', ')} }`
}
