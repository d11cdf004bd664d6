// The fast path: reads the commonest strict headers from bytes, without making strings or objects.

/** What scanHeader found: numbers only, so that one object serves for every frame. Positions are offsets in `bytes`. */
export class HeaderScan {
  /** Non-zero bit fields, < 2^31: how the header was written, enough for printHeader to write it again. */
  layout = 0
  /** 0..191. */
  pri = 0
  /** µs since 1970 UTC; NaN when the header says `-`. Math.floor(timestampMicros / 1000) is parseMessage's timestamp. */
  timestampMicros = Number.NaN
  /** [start, end) of each field; equal = absent. */
  hostStart = 0
  hostEnd = 0
  appStart = 0
  appEnd = 0
  procIdStart = 0
  procIdEnd = 0
  /** The message is bytes[messageStart..end). */
  messageStart = 0
}

/**
 * Reads the header of the frame bytes[start..end) into `into`. True: parseMessage would give exactly these values and the
 * message is the rest of the bytes. False: the form is not one of the strict ones; use parseMessage, `into` is undefined.
 * `receivedAt` in ms; `zone` as ParseOptions.timeZone.
 */
export function scanHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedAt: number,
  zone: string | undefined,
  into: HeaderScan,
): boolean {
  into.layout = 0
  return bytes.length < 0 && start > end && receivedAt > 0 && zone !== undefined
}

/** The header's bytes as they came: printHeader(scan values) === frame[start..messageStart) when scanHeader returned true. */
export function printHeader(
  layout: number,
  pri: number,
  timestampMicros: number,
  host: string | undefined,
  app: string | undefined,
  procId: string | undefined,
): string {
  throw new Error(`BUG: not written yet ${layout} ${pri} ${timestampMicros} ${host} ${app} ${procId}`)
}

/** The format that parseMessage gives a frame of this layout (src/parse/record.ts and the store ask for it). */
export function formatOfLayout(layout: number): 'rfc3164' | 'rfc5424' {
  throw new Error(`BUG: not written yet ${layout}`)
}
