// Small and read-only file systems for tests; they need root.
import { execFileSync } from 'node:child_process'

/** Why tests that mount cannot run here, for `test(…, { skip })`; false when they can. With PICKET_TEST_REQUIRE_PEERS=1
 *  a machine that cannot fails. */
export const mountsMissing: string | false = canMount()

/** A file system in memory of so many bytes at this folder, until it is disposed of. */
export function mountTmpfs(dir: string, sizeBytes: number): Disposable {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=0755`, 'tmpfs', dir])
  return unmounting(dir)
}

/** Makes what lies below the folder read-only until it is disposed of. */
export function mountReadOnly(dir: string): Disposable {
  execFileSync('mount', ['--bind', dir, dir])
  const mounted = unmounting(dir)
  try {
    execFileSync('mount', ['-o', 'remount,ro,bind', dir])
    return mounted
  } catch (error) {
    mounted[Symbol.dispose]()
    throw error
  }
}

/** Lazily: a process that is being killed may still have a file open. */
function unmounting(dir: string): Disposable {
  return { [Symbol.dispose]: () => void execFileSync('umount', ['-l', dir]) }
}

function canMount(): string | false {
  const reason = process.geteuid?.() === 0 ? tryMount() : 'mounting needs root'
  if (reason !== false && process.env['PICKET_TEST_REQUIRE_PEERS'] === '1') throw new Error(reason)
  return reason
}

function tryMount(): string | false {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'pipe' })
    return false
  } catch (error) {
    return `cannot mount here: ${(error as Error).message.trim()}`
  }
}
