// Sockets that systemd opened for us (sd_listen_fds(3)): they keep the port, and datagrams, while Picket restarts.
import { readSocketTable, type SocketTable, socketInode } from './kernel-drops.ts'

export type InheritedSocket = {
  readonly fd: number
  readonly transport: 'udp' | 'tcp'
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
  return Array.from({ length: count }, (_, n) => firstFd + n).flatMap((fd, n) => {
    const name = names[n] ?? ''
    const transport =
      transportOf(fd) ?? (/udp|datagram/.test(name) ? 'udp' : /tcp|stream/.test(name) ? 'tcp' : undefined)
    return transport === undefined ? [] : [{ fd, transport, name }]
  })
}

function transportOf(fd: number): 'udp' | 'tcp' | undefined {
  const inode = socketInode(fd)
  if (inode === undefined) return undefined
  const isIn = (table: SocketTable) => readSocketTable(table).some(row => row.inode === inode)
  if (isIn('udp') || isIn('udp6')) return 'udp'
  return isIn('tcp') || isIn('tcp6') ? 'tcp' : undefined
}
