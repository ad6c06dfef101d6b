import {
  type ConnectionOptions,
  connect,
  createServer,
  type Server,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls'
import type { Identity } from './dial.ts'
import type { Turn } from './ip-writer.ts'
import { recordTurns } from './recording-proxy.ts'

/** One TLS session of Node with itself, as the wire had it, and the key log of its client. */
export interface TlsRecording {
  readonly turns: readonly Turn[]
  readonly keys: string
}

export interface TlsWish {
  readonly own: Identity
  /** What the client writes, and all that the server answers before it closes. */
  readonly question: string | Uint8Array
  readonly answer: string | Uint8Array
  readonly client: ConnectionOptions
  readonly server?: TlsOptions
  /** Of the server. */
  readonly ciphers?: string
  /** Takes up a session made before. */
  readonly resume?: boolean
}

export async function recordTls(wish: TlsWish): Promise<TlsRecording> {
  const { own, question, answer, client, server = {}, ciphers, resume = false } = wish
  const common = { cert: own.cert, key: own.key, minVersion: 'TLSv1', ...(ciphers && { ciphers }) } as const
  const listening = createServer({ ...common, ...server })
  listening.on('secureConnection', (socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.end(answer))
  })
  listening.on('tlsClientError', () => {})
  const port = await listen(listening)
  const session = resume ? await sessionOf(port, question, client) : undefined
  let keys = ''
  try {
    const turns = await recordTurns(port, async (relay) => {
      const socket = dial(relay, { ...client, session })
      socket.on('keylog', (line: Buffer) => {
        keys += line.toString('latin1')
      })
      await new Promise<void>((resolve, reject) => {
        socket.on('secureConnect', () => socket.write(question))
        socket.on('error', reject)
        socket.on('close', () => resolve())
        socket.resume()
      })
    })
    return { turns, keys }
  } finally {
    listening.close()
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

function dial(port: number, options: ConnectionOptions): TLSSocket {
  const common = { port, host: '127.0.0.1', servername: 'device.example', rejectUnauthorized: false }
  return connect({ ...common, minVersion: 'TLSv1', ...options })
}

function sessionOf(port: number, question: string | Uint8Array, options: ConnectionOptions): Promise<Buffer> {
  const socket = dial(port, options)
  return new Promise((resolve, reject) => {
    socket.on('secureConnect', () => socket.write(question))
    socket.on('session', (session) => {
      resolve(session)
      socket.destroy()
    })
    socket.on('error', reject)
    socket.resume()
  })
}
