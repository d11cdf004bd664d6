// Which programs of Debian packages the tests of this folder find here.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

const packages = {
  'dpkg-deb': 'dpkg',
  strip: 'binutils',
  'systemd-analyze': 'systemd',
  'systemd-socket-activate': 'systemd',
} as const

/** Why a test with these programs cannot run here, for `test(…, { skip })`; false when it can. A machine that is to
 *  run all tests says so with PICKET_TEST_REQUIRE_PEERS=1: there a missing program throws. */
export function toolsMissing(...wanted: readonly (keyof typeof packages)[]): string | false {
  const missing = wanted.filter(tool => !existsSync(`/usr/bin/${tool}`))
  if (missing.length === 0) return false
  const reason = missing.map(tool => `no /usr/bin/${tool}: install ${packages[tool]}`).join('; ')
  if (process.env['PICKET_TEST_REQUIRE_PEERS'] === '1') throw new Error(reason)
  return reason
}
