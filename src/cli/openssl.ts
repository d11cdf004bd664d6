// Runs the openssl program. What people chose never stands on its command line: it goes through checked configuration files.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { PicketError } from '../base/errors.ts'
import { visible } from '../base/visible.ts'

/** Runs it in a folder; file names are relative to that. Errors: PROGRAM_FAILED. */
export type Openssl = (folder: string, args: readonly string[]) => Promise<void>

const timeoutMs = 60_000
const maxShownLength = 500

export function createOpenssl(env: { readonly [name: string]: string | undefined }): Openssl {
  return async (folder, args) => {
    try {
      await promisify(execFile)('openssl', args, { cwd: folder, env: { ...env }, timeout: timeoutMs })
    } catch (cause) {
      const { code, stderr = '' } = cause as { readonly code?: unknown; readonly stderr?: string }
      if (code === 'ENOENT')
        throw new PicketError(
          'PROGRAM_FAILED',
          'cannot make certificates: there is no openssl program; install the package openssl',
          { cause },
        )
      const words = visible(stderr.trim().replaceAll('\n', '; ').slice(0, maxShownLength))
      throw new PicketError('PROGRAM_FAILED', `openssl ${args[0] ?? ''} failed: ${words}`, { cause })
    }
  }
}
