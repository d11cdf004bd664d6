// Pieces of schemas that several routes share: parameters as they stand in a URL, and the JSON of records and errors.
import { z } from 'zod'
import { formats, type RecordJson, transports } from '../../model/record.ts'

/** A whole number in a URL; coercion would also take '', ' 1' and ['1']. */
export function integerParam(range: { min: number; max: number; default: number }) {
  const message = `must be a whole number from ${range.min} to ${range.max}`
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine(value => value >= range.min && value <= range.max, message)
    .default(range.default)
}

/** An id in a URL: a whole number that JavaScript can hold. */
export const idParam = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be a number')
  .transform(Number)

export const queryParam = z.string().optional().describe('query; absent or empty: everything')

const timeParam = z.string().min(1).max(64).optional()

/** What all searches take. */
export const selection = {
  q: queryParam,
  from: timeParam.describe('inclusive: ISO 8601, ms since 1970, or now-15m'),
  to: timeParam.describe('exclusive'),
}

/** Names that go into URLs, log lines and mails without escaping. */
export const nameSchema = z.string().regex(/^[A-Za-z0-9._@-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ @ -')
/** The rules for new passwords are in password.ts; this bounds what is looked at. */
export const passwordSchema = z.string().min(1).max(1024)

/** A POST that needs no values: `{}`, or no body. */
export function optionalBody<T extends z.ZodType>(schema: T) {
  return z.preprocess(body => body ?? {}, schema)
}

export const noValues = optionalBody(z.strictObject({}))

/** `comment` of acknowledging and closing. */
export const commentText = z.string().trim().min(1).max(4000)

const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).readonly()])

export const recordSchema = z
  .object({
    id: z.string(),
    received_at: z.iso.datetime(),
    timestamp: z.iso.datetime().nullable(),
    peer: z.string(),
    transport: z.enum(transports),
    facility: z.int().min(0).max(23),
    severity: z.int().min(0).max(7),
    hostname: z.string().nullable(),
    app_name: z.string().nullable(),
    procid: z.string().nullable(),
    msgid: z.string().nullable(),
    structured_data: z
      .record(z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string()).readonly()])))
      .nullable(),
    message: z.string(),
    format: z.enum(formats),
    fields: z.record(z.string(), fieldValue),
    problems: z.array(z.string()).readonly(),
    raw: z.exactOptional(z.string()).describe("the frame's bytes in base64"),
  })
  .meta({ title: 'Record' }) satisfies z.ZodType<RecordJson>

export const isoSchema = z.iso.datetime()
