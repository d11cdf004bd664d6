// What Node keeps to itself of a UDP socket: how to stop and start reading (pause() is for streams only), and which
// descriptor it is.
import type { Socket } from 'node:dgram'

type Handle = { recvStart(): number; recvStop(): number; readonly fd?: unknown }

/** Functions that stop and start reading, or undefined when this Node has its handle elsewhere: the caller then has to
 *  throw datagrams away while it is paused, instead of leaving them in the kernel's buffer. */
export function udpReading(socket: Socket): { stop(): void; start(): void } | undefined {
  const handle = handleOf(socket)
  if (handle === undefined) return undefined
  return {
    stop: () => void handle.recvStop(),
    start: () => void handle.recvStart(),
  }
}

/** The file descriptor, or undefined when this Node has it elsewhere. */
export function udpDescriptor(socket: Socket): number | undefined {
  const fd = handleOf(socket)?.fd
  return typeof fd === 'number' && fd >= 0 ? fd : undefined
}

/** lib/dgram.js keeps `{ handle, … }` under its `state symbol`. */
function handleOf(socket: Socket): Handle | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(one => one.description === 'state symbol')
  if (symbol === undefined) return undefined
  const state: unknown = Reflect.get(socket, symbol)
  const handle: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, 'handle') : undefined
  return isHandle(handle) ? handle : undefined
}

function isHandle(value: unknown): value is Handle {
  if (typeof value !== 'object' || value === null) return false
  return ['recvStart', 'recvStop'].every(name => typeof Reflect.get(value, name) === 'function')
}
