// Exit codes of CONTRACT: what a script can tell from them.
import type { ErrorCode } from '../base/errors.ts'

/** 0 done; 1 findings, or no match where that is the question; 2 bad usage or input; 3 the environment. */
export type ExitCode = 0 | 1 | 2 | 3

/** The exit code of a failure with this code. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case 'CONFIG_INVALID':
    case 'CONFIG_UNREADABLE':
    case 'RULE_INVALID':
    case 'QUERY_INVALID':
    case 'BAD_REQUEST':
    case 'NOT_FOUND':
    case 'CONFLICT':
      return 2
    default:
      return 3
  }
}
