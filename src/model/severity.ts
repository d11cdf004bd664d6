// The words for facility and severity numbers (RFC 5424 §6.2.1, syslog.h).

export const severityNames = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const

export const facilityNames = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const

const severityAliases: { readonly [word: string]: number } = {
  emerg: 0,
  panic: 0,
  crit: 2,
  err: 3,
  warn: 4,
  informational: 6,
}

/** The number of a severity word (`warning`, `warn`, `err` …), or undefined. */
export function severityNumber(word: string): number | undefined {
  const lower = word.toLowerCase()
  const index = (severityNames as readonly string[]).indexOf(lower)
  return index >= 0 ? index : severityAliases[lower]
}

/** The number of a facility word (`auth`, `local0` …), or undefined. */
export function facilityNumber(word: string): number | undefined {
  const index = (facilityNames as readonly string[]).indexOf(word.toLowerCase())
  return index >= 0 ? index : undefined
}
