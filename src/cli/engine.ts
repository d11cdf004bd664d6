// The parts of Picket that commands call, loaded when a command needs them: `picket version` opens no database.
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import type { ServeOptions } from '../app/serve.ts'
import type { Config } from '../config/schema.ts'
import type { BackupOptions, BackupResult } from '../store/sqlite/backup.ts'
import type { RestoreOptions, RestoreResult } from '../store/sqlite/backup-restore.ts'
import type { State } from '../store/sqlite/state.ts'
import type { Reader } from '../store/store.ts'

export type Engine = {
  /** Runs the service until the signal fires. Errors: PORT_IN_USE, ACCESS_DENIED, DATA_LOCKED … */
  serve(config: Config, options: ServeOptions): Promise<void>
  /** The stored records of a data folder: in use, stopped, or a backup. */
  openReader(dataDir: string): Promise<Reader>
  /** Accounts and alerts of a data folder, beside a running service too. */
  openState(dataDir: string): Promise<State>
  /** Brings the backup in `dir` up to date, beside a running service too. */
  backUp(dataDir: string, dir: string, options: BackupOptions): Promise<BackupResult>
  /** Brings the backup in `dir` into the empty folder `dataDir`. */
  restoreBackup(dir: string, dataDir: string, options: RestoreOptions): Promise<RestoreResult>
  hashPassword(password: string): Promise<string>
  /** Why a text cannot be the password of `name`, or undefined. */
  passwordProblem(password: string, name: string): Promise<string | undefined>
  /** The rules that Picket ships. */
  readonly builtInRules: string
}

export const engine: Engine = {
  async serve(config, options) {
    const { serve } = await import('../app/serve.ts')
    await serve(config, options)
  },
  async openReader(dataDir) {
    const [{ openReader }, { recordOf, rawOf }, { mayDecode }] = await Promise.all([
      import('../store/sqlite/reader.ts'),
      import('../parse/record.ts'),
      import('../parse/may-decode.ts'),
    ])
    return openReader(dataDir, { recordOf, rawOf, mayDecode })
  },
  async openState(dataDir) {
    const { openState } = await import('../store/sqlite/state.ts')
    return openState(join(dataDir, 'picket.db'))
  },
  async backUp(dataDir, dir, options) {
    const { backUp } = await import('../store/sqlite/backup.ts')
    setPriority(constants.priority.PRIORITY_LOW) // reception and searches go first
    return backUp(dataDir, dir, options)
  },
  async restoreBackup(dir, dataDir, options) {
    const { restoreBackup } = await import('../store/sqlite/backup-restore.ts')
    return restoreBackup(dir, dataDir, options)
  },
  async hashPassword(password) {
    const { hashPassword } = await import('../http/password.ts')
    return hashPassword(password)
  },
  async passwordProblem(password, name) {
    const { passwordProblem } = await import('../http/password.ts')
    return passwordProblem(password, name)
  },
  builtInRules: join(import.meta.dirname, '..', '..', 'rules.d'),
}
