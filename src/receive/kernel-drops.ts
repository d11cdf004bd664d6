// Datagrams that the kernel threw away because a socket's buffer was full: the last column of /proc/net/udp{,6}.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The inodes of this process's sockets, by file descriptor. Empty where there is no /proc. */
export function socketInodes(): ReadonlyMap<number, string> {
  const inodes = new Map<number, string>()
  try {
    for (const fd of readdirSync('/proc/self/fd')) {
      const inode = socketInode(Number(fd))
      if (inode !== undefined) inodes.set(Number(fd), inode)
    }
  } catch {
    // Not Linux: no figures.
  }
  return inodes
}

/** The inode of the socket behind a file descriptor, or undefined when it is none. */
export function socketInode(fd: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]
  } catch {
    return undefined
  }
}

export type SocketTable = 'udp' | 'udp6' | 'tcp' | 'tcp6'

/** A line of a socket table: `sl local_address remote_address st tx:rx tr:when retrnsmt uid timeout inode ref pointer drops`. */
export type SocketRow = { readonly port: number; readonly inode: string; readonly drops: number }

/** The sockets of a kernel table; none where it cannot be read. */
export function readSocketTable(table: SocketTable): readonly SocketRow[] {
  try {
    return parseSocketTable(readFileSync(`/proc/self/net/${table}`, 'latin1'))
  } catch {
    return []
  }
}

export function parseSocketTable(text: string): readonly SocketRow[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap(line => {
      const columns = line.trim().split(/\s+/)
      const [, local, , , , , , , , inode] = columns
      if (local === undefined || inode === undefined) return []
      const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)
      return [{ port, inode, drops: Number(columns[12] ?? 0) }]
    })
}

export type DropMeter = {
  /** Datagrams dropped since the meter was made. */
  read(): number
}

/** Watches one UDP socket: others on the same port are watched by the threads that read them. With a socket that systemd
 *  keeps over restarts, what was dropped while Picket was not running counts too.
 *  @param fd undefined: nobody knows, and nothing is counted.
 *  @param inherited The socket was there before this process. */
export function createDropMeter(fd: number | undefined, options: { readonly inherited: boolean }): DropMeter {
  const inode = fd === undefined ? undefined : socketInode(fd)
  const total = () => (inode === undefined ? 0 : (rows().find(row => row.inode === inode)?.drops ?? 0))
  const start = options.inherited ? 0 : total()
  // The kernel's column has 32 bits and may turn over; a smaller number than before is taken as such.
  let last = start
  let sum = 0
  return {
    read() {
      const now = total()
      sum += now >= last ? now - last : now + 2 ** 32 - last
      last = now
      return sum
    },
  }
}

function rows(): readonly SocketRow[] {
  return [...readSocketTable('udp'), ...readSocketTable('udp6')]
}
