// A mistake in a file that a person wrote: where it stands and what is wrong, and the error that carries them all.
import { PicketError } from '../base/errors.ts'

export type Finding = {
  /** The file, or the environment variable or option that gave the value. */
  readonly file: string
  /** From 1; absent when the value did not come from a file. */
  readonly line?: number
  readonly column?: number
  /** `receive.tcp.port`; '' when the file as a whole is wrong. */
  readonly key: string
  readonly reason: string
}

/** `picket.yaml:4:3 receive.tpc: unknown key (did you mean "tcp"?)` */
export function printFinding(finding: Finding): string {
  const place = finding.line === undefined ? finding.file : `${finding.file}:${finding.line}:${finding.column ?? 1}`
  return finding.key === '' ? `${place} ${finding.reason}` : `${place} ${finding.key}: ${finding.reason}`
}

/** CONFIG_INVALID with every finding, in the order of the file. */
export class ConfigError extends PicketError {
  readonly findings: readonly Finding[]

  constructor(findings: readonly Finding[]) {
    super('CONFIG_INVALID', findings.map(printFinding).join('\n'))
    this.name = 'ConfigError'
    this.findings = findings
  }
}
