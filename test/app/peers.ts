// Which real peers this machine has: the programs of Debian packages that the tests of this folder talk to.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { smtpServerMissing } from '../notify/smtp-server.ts'

const rsyslogModules = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/rsyslog`

const programs = {
  rsyslogd: { path: '/usr/sbin/rsyslogd', debianPackage: 'rsyslog' },
  rsyslogGnutls: { path: `${rsyslogModules}/lmnsd_gtls.so`, debianPackage: 'rsyslog-gnutls' },
  omrelp: { path: `${rsyslogModules}/omrelp.so`, debianPackage: 'rsyslog-relp' },
  logger: { path: '/usr/bin/logger', debianPackage: 'bsdutils' },
  bash: { path: '/usr/bin/bash', debianPackage: 'bash' },
  script: { path: '/usr/bin/script', debianPackage: 'bsdutils' },
  cc: { path: '/usr/bin/cc', debianPackage: 'gcc and libc6-dev' },
  chromium: { path: '/usr/bin/chromium', debianPackage: 'chromium' },
} as const

export type Program = keyof typeof programs

/** Where the program is on Debian. */
export function pathOf(program: Program): string {
  return programs[program].path
}

/** Why tests with these peers cannot run here, for `test(…, { skip })`; false when they can. A machine that is to run
 *  all tests says so with PICKET_TEST_REQUIRE_PEERS=1: there a missing peer throws. */
export function peersMissing(...wanted: readonly (Program | 'smtp')[]): string | false {
  const reasons = wanted.flatMap(peer => {
    if (peer === 'smtp') return smtpServerMissing === false ? [] : [smtpServerMissing]
    const { path, debianPackage } = programs[peer]
    return existsSync(path) ? [] : [`no ${path}: install ${debianPackage}`]
  })
  // Only the logger of util-linux speaks to a network; others of the same name know other options.
  if (wanted.includes('logger') && reasons.length === 0 && !/util-linux/.test(versionOf('logger')))
    reasons.push('logger is not that of util-linux')
  if (reasons.length === 0) return false
  if (process.env['PICKET_TEST_REQUIRE_PEERS'] === '1') throw new Error(`a peer is missing: ${reasons.join('; ')}`)
  return reasons.join('; ')
}

function versionOf(program: Program): string {
  return spawnSync(pathOf(program), ['--version'], { encoding: 'utf8' }).stdout
}
