// Sockets that systemd opened for us (sd_listen_fds(3)): they keep the port, and datagrams, while Picket restarts.
import { readSocketTable, type SocketTable, socketInode } from './kernel-drops.ts'

export type InheritedSocket = {
  readonly fd: number
  readonly transport: 'udp' | 'tcp'
  /** The port it is bound to, when the kernel says so. */
  readonly port: number | undefined
  /** FileDescriptorName= of the socket unit; '' when there is none. */
  readonly name: string
}

const firstFd = 3

/** The UDP and TCP sockets that were handed over with LISTEN_FDS to the process `pid`; none when they are for another.
 *  What a socket is comes from the kernel's tables, else from its name. Unset LISTEN_* before starting children. */
export function inheritedSockets(
  env: { readonly [name: string]: string | undefined },
  pid: number,
): readonly InheritedSocket[] {
  if (Number(env.LISTEN_PID) !== pid) return []
  const count = Number(env.LISTEN_FDS)
  if (!Number.isInteger(count) || count < 1) return []
  const names = env.LISTEN_FDNAMES?.split(':') ?? []
  return Array.from({ length: count }, (_, n) => firstFd + n).flatMap((fd, n): readonly InheritedSocket[] => {
    const name = names[n] ?? ''
    const inode = socketInode(fd)
    const udp = portIn(['udp', 'udp6'], inode)
    if (udp !== undefined) return [{ fd, transport: 'udp', port: udp, name }]
    const tcp = portIn(['tcp', 'tcp6'], inode)
    if (tcp !== undefined) return [{ fd, transport: 'tcp', port: tcp, name }]
    const transport = /udp|datagram/.test(name) ? 'udp' : /tcp|stream|relp/.test(name) ? 'tcp' : undefined
    return transport === undefined ? [] : [{ fd, transport, port: undefined, name }]
  })
}

/** Of these stream sockets the one for RELP: it has the name, or the port of the configuration. */
export function isForRelp({ transport, name, port }: InheritedSocket, relpPort: number | undefined): boolean {
  return transport === 'tcp' && (name.includes('relp') || (relpPort !== undefined && port === relpPort))
}

function portIn(tables: readonly SocketTable[], inode: string | undefined): number | undefined {
  if (inode === undefined) return undefined
  for (const table of tables) {
    const row = readSocketTable(table).find(row => row.inode === inode)
    if (row !== undefined) return row.port
  }
  return undefined
}
