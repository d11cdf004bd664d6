// Kinds of log that a host sends side by side, so that one of them can be missed while the others go on.

export const channels = ['auth', 'sudo', 'cron', 'kernel', 'history', 'audit', 'web', 'other'] as const
export type Channel = (typeof channels)[number]

/** The channel that a program's records belong to, whatever their facility; undefined for most programs. */
export function channelOfProgram(appName: string): Channel | undefined {
  return programs.get(appName)
}

/** The channel of a facility, for programs that have none of their own. */
export function channelOfFacility(facility: number): Channel {
  switch (facility) {
    case 0:
      return 'kernel'
    case 4:
    case 10:
      return 'auth'
    case 9:
      return 'cron'
    case 13:
      return 'audit'
    default:
      return 'other'
  }
}

const programs = new Map<string, Channel>()
for (const [channel, names] of [
  [
    'auth',
    'sshd sshd-session sshd-auth login systemd-logind gdm-password useradd usermod userdel groupadd groupmod groupdel passwd chpasswd',
  ],
  ['sudo', 'sudo sudo-rs su su-l doas pkexec'],
  ['cron', 'CRON cron crond crontab CROND anacron /USR/SBIN/CRON'],
  ['kernel', 'kernel'],
  ['history', 'HISTORY history snoopy'],
  ['audit', 'auditd audispd audisp-syslog'],
  ['web', 'nginx httpd apache apache2 lighttpd caddy haproxy traefik'],
] as const) {
  for (const name of names.split(' ')) programs.set(name, channel)
}

const upperH = 0x48
const lowerH = 0x68
const lowerT = 0x74
const lowerN = 0x6e
const lowerA = 0x61
const openBracket = 0x5b
const closeBracket = 0x5d
const blank = 0x20
const kernelFacility = 0
const local6 = 22
/** A frame that is kept whole may have a header in front of its message. */
const headerBytes = 300

/** The channel that the message bytes[start, end) names by itself, whatever program sent it. Makes no string. */
export function channelOfText(bytes: Buffer, start: number, end: number, facility: number): Channel | undefined {
  let from = start
  // the kernel's own clock: `[  123.456789] audit: …`
  if (facility === kernelFacility && bytes[from] === openBracket) {
    const close = bytes.indexOf(closeBracket, from)
    if (close > from && close + 2 < end) from = close + 2
  }
  switch (bytes[from]) {
    case upperH:
    case lowerH:
      if (begins(bytes, from, end, 'HISTORY') || begins(bytes, from, end, 'history')) return 'history'
      break
    case lowerT:
      if (begins(bytes, from, end, 'type=')) return 'audit'
      break
    case lowerN:
      if (begins(bytes, from, end, 'node=')) return 'audit'
      break
    case lowerA:
      if (begins(bytes, from, end, 'audit: ') || begins(bytes, from, end, 'audit(')) return 'audit'
      break
    default:
  }
  return facility === local6 && endsInExitCode(bytes, from, end) ? 'history' : undefined
}

/** The same for a whole frame whose header was not scanned: the words may stand behind a header. */
export function channelOfFrame(bytes: Buffer, start: number, end: number, facility: number): Channel | undefined {
  const head = bytes.subarray(start, Math.min(end, start + headerBytes))
  if (head.includes(' HISTORY:') || head.includes(' HISTORY ') || head.includes(' HISTORY(')) return 'history'
  if (head.includes('msg=audit(')) return 'audit'
  return facility === local6 && endsInExitCode(bytes, start, end) ? 'history' : undefined
}

function begins(bytes: Buffer, start: number, end: number, word: string): boolean {
  if (end - start < word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false
  return true
}

/** `alice [1234]: ls -la [0]`: a shell's command with its exit code, by habit on local6. */
function endsInExitCode(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[end - 1] !== closeBracket) return false
  let at = end - 2
  while (at > start && end - at <= 5 && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at--
  return at < end - 2 && at > start && bytes[at] === openBracket && bytes[at - 1] === blank
}
