// Stops and starts reading a UDP socket. Node offers pause() for streams only; its own handle has recvStop().
import type { Socket } from 'node:dgram'

type Handle = { recvStart(): number; recvStop(): number }

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
