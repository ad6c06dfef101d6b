import { Socket } from 'node:net'
import type { Faults } from './faults.ts'

/** What a call of a socket may come to instead of what was asked. */
export const socketFaults = ['error', 'hang', 'close', 'partial'] as const
export type SocketFault = (typeof socketFaults)[number]

/** `ECONNRESET`, as the system says it. */
export function reset(call: string): Error {
  return Object.assign(new Error(`${call} ECONNRESET`), { code: 'ECONNRESET', syscall: call })
}

/** In place of `connect`: the socket never answers, is refused, or ends at once. */
export function failedConnect(fault: SocketFault): Socket {
  const socket = new Socket()
  if (fault === 'error') {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    setImmediate(() => socket.destroy(refused))
  }
  if (fault === 'close' || fault === 'partial') setImmediate(() => socket.destroy(reset('connect')))
  return socket
}

/** Counts what is written to, read from and ended of `socket`; the call that `faults` names goes wrong. */
export function withFaults(socket: Socket, faults: Faults, fault: SocketFault): Socket {
  const own = {
    write: socket.write.bind(socket),
    read: socket.read.bind(socket),
    end: socket.end.bind(socket),
  }
  let isDeaf = false
  const write = (bytes: Uint8Array): boolean => {
    if (!faults.hits('write')) return own.write(bytes)
    if (fault === 'error') socket.destroy(reset('write'))
    if (fault === 'close') socket.destroy()
    if (fault === 'partial') own.write(bytes.subarray(0, bytes.length >> 1), () => socket.destroy())
    return fault !== 'hang'
  }
  const read = (size?: number): Buffer | null => {
    if (isDeaf) return null
    const bytes: Buffer | null = own.read(size)
    if (bytes === null || !faults.hits('read')) return bytes
    if (fault === 'error') socket.destroy(reset('read'))
    if (fault === 'close') socket.destroy()
    if (fault === 'partial') {
      setImmediate(() => socket.destroy())
      return bytes.subarray(0, bytes.length >> 1)
    }
    isDeaf = true
    return null
  }
  const end = (): Socket => {
    if (!faults.hits('end')) return own.end()
    if (fault === 'error' || fault === 'partial') socket.destroy(reset('shutdown'))
    if (fault === 'close') socket.destroy()
    return socket
  }
  return Object.assign(socket, { write, read, end })
}
