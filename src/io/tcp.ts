import { connect, isIPv6, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { TcpAttempt } from '../observe/observation.ts'
import { within } from './within.ts'

export interface TcpOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly purpose: TcpAttempt['purpose']
}

export interface TcpOpened {
  readonly attempt: TcpAttempt
  /** Undefined unless connected. Half-open is allowed; the caller closes it. */
  readonly socket: Socket | undefined
  /** `performance.now()` when the connect began. */
  readonly startedMs: number
}

/** Other-family addresses tried to explain a failure. */
const MAX_CONTRASTS = 3

/** Connects to one address. A failure is a value; rejects only when aborted. */
export async function openTcp(address: string, port: number, options: TcpOptions): Promise<TcpOpened> {
  options.signal?.throwIfAborted()
  const startedMs = performance.now()
  const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true })
  socket.on('error', () => {}) // told apart below, and by whoever reads it
  const connected = new Promise<string | undefined>((resolve) => {
    socket.once('connect', () => resolve(undefined))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EUNKNOWN'))
  })
  let errorCode: string | undefined
  try {
    const answer = await within(
      connected.then((code) => ({ code })),
      options.timeoutMs,
      options.signal,
    )
    errorCode = answer ? answer.code : 'ETIMEDOUT'
  } catch (error) {
    socket.destroy()
    throw error
  }
  if (errorCode !== undefined) socket.destroy()
  return {
    attempt: {
      address,
      family: isIPv6(address.split('%')[0]!) ? 6 : 4,
      port,
      purpose: options.purpose,
      outcome: errorCode === undefined ? 'connected' : outcomeOf(errorCode),
      errorCode,
      durationMs: performance.now() - startedMs,
    },
    socket: errorCode === undefined ? socket : undefined,
    startedMs,
  }
}

/** System codes of a failed connect. */
function outcomeOf(code: string): TcpAttempt['outcome'] {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused'
    case 'ETIMEDOUT':
      return 'timeout'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
      return 'unreachable'
    case 'ECONNRESET':
      return 'reset'
    default:
      return 'failed'
  }
}

/**
 * Where `address` is one of this machine's own: its addresses of the other family, at which the same port may answer.
 * Empty for an address of another machine, whose other addresses nobody here knows.
 */
export function contrastAddresses(address: string): string[] {
  const wanted = address.split('%')[0]!
  const family = isIPv6(wanted) ? 'IPv6' : 'IPv4'
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    const own = entries.some((entry) => entry.address === wanted)
    const isLoopback =
      family === 'IPv4' && wanted.startsWith('127.') && entries.some((entry) => entry.internal)
    if (!own && !isLoopback) continue
    const others = entries
      .filter((entry) => entry.family !== family)
      .map((entry) => (entry.address.startsWith('fe80:') ? `${entry.address}%${name}` : entry.address))
    const loopback = family === 'IPv4' ? '::1' : '127.0.0.1'
    return [...new Set([...others, loopback])].slice(0, MAX_CONTRASTS)
  }
  return []
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address)
}

/**
 * After `failed` was refused or timed out: whether the same port answers at an address of the other family of this
 * very machine. Attempts in order, up to the first that connects. `open`: how connections are opened.
 */
export async function contrast(
  failed: TcpAttempt,
  options: Omit<TcpOptions, 'purpose'>,
  open: typeof openTcp = openTcp,
): Promise<TcpAttempt[]> {
  if (failed.outcome !== 'refused' && failed.outcome !== 'timeout') return []
  const attempts: TcpAttempt[] = []
  for (const address of contrastAddresses(failed.address)) {
    const { attempt, socket } = await open(address, failed.port, { ...options, purpose: 'contrast' })
    socket?.destroy()
    attempts.push(attempt)
    if (socket) break
  }
  return attempts
}
