// What a parsed syslog message is. The names are those of RFC 5424 §6; a nil or missing value is an absent field.

export const formats = ['raw', 'rfc3164', 'rfc5424'] as const
/** Which header was recognised: `raw` none, `rfc3164` a timestamp or a tag, `rfc5424` a version and its fields. */
export type Format = (typeof formats)[number]

/** RFC 5424 §6.3: SD-ID → PARAM-NAME → value, or the values of a repeated name. Objects have no prototype. */
export type StructuredData = { readonly [id: string]: { readonly [name: string]: string | readonly string[] } }

export type SyslogMessage = {
  /** 0..23, RFC 5424 §6.2.1; 1 (user) when the sender gave none. */
  readonly facility: number
  /** 0 emergency .. 7 debug; 5 (notice) when the sender gave none. */
  readonly severity: number
  /** What the sender says, ms since 1970 UTC, truncated. */
  readonly timestamp?: number | undefined
  readonly hostname?: string | undefined
  readonly appName?: string | undefined
  readonly procId?: string | undefined
  readonly msgId?: string | undefined
  readonly structuredData?: StructuredData | undefined
  readonly message: string
  readonly format: Format
}

export type ParseOptions = {
  /** When the frame arrived, ms since 1970 UTC: the year of a time that names none. */
  readonly receivedAt: number
  /** IANA name or offset (`+08:00`) of a time that names no zone. Default and fallback: UTC. */
  readonly timeZone?: string | undefined
  /** Encoding (WHATWG label) of bytes that are not UTF-8. Default and fallback: windows-1252. */
  readonly charset?: string | undefined
}
