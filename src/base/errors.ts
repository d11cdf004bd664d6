// Every failure that a person can meet has one code, declared here once. Callers compare codes, never message text.

export const errorCodes = {
  CONFIG_INVALID: 'the configuration file has a mistake; the message names file, line and key',
  CONFIG_UNREADABLE: 'the configuration file, or a file it names, cannot be read',
  RULE_INVALID: 'a rule file has a mistake; the message names file, line and reason',
  QUERY_INVALID: 'a search query has a mistake; the message names the position',
  PORT_IN_USE: 'another program listens on a port that Picket needs',
  ACCESS_DENIED: 'the operating system refuses Picket a file or a port',
  DATA_LOCKED: 'another Picket runs on this data folder',
  DATA_UNREADABLE: 'a stored file is damaged or from a newer version',
  NODE_TOO_OLD: 'this Node.js is too old to run Picket',
  STORE_FAILED: 'the store cannot write',
  SEARCH_BUSY: 'too many searches are running',
  SEARCH_TIMEOUT: 'a search took longer than its limit',
  SEARCH_FAILED: 'a search process ended before its answer',
  UNAUTHENTICATED: 'no valid session or token',
  FORBIDDEN: 'this account may not do that',
  NOT_FOUND: 'there is no such thing',
  BAD_REQUEST: 'the request does not fit its schema',
  RATE_LIMITED: 'too many attempts in a short time',
  CONFLICT: 'it exists already, or changed meanwhile',
  INTERNAL: 'something broke inside Picket; its log has the details',
  MAIL_FAILED: 'the mail server refused a message or did not answer',
  PROGRAM_FAILED: 'a program that Picket runs is missing, or failed',
} as const

export type ErrorCode = keyof typeof errorCodes

/** An expected failure. `message` says what was attempted, with what, and what to change. */
export class PicketError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PicketError'
    this.code = code
  }
}

/** True when `error` is a PicketError with this code (or any, without one). */
export function isPicketError(error: unknown, code?: ErrorCode): error is PicketError {
  return error instanceof PicketError && (code === undefined || error.code === code)
}
