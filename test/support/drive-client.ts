import { connect } from 'node:net'
import type {
  ClientCredential,
  PreSharedKey,
  ResumableSession,
  Step,
  TicketSession,
} from '../../src/tls/client.ts'
import { TlsClient } from '../../src/tls/client.ts'
import type { ClientOffer } from '../../src/tls/client-offer.ts'
import type { TlsEvent } from '../../src/tls/tls-event.ts'

export interface Drive {
  readonly offer: ClientOffer
  readonly seed: Uint8Array
  readonly port: number
  readonly credential?: ClientCredential
  readonly psk?: PreSharedKey
  readonly session?: ResumableSession | undefined
  readonly ticket?: TicketSession | undefined
  readonly keyLog?: boolean
  /** Sent when established; the drive ends when as many bytes came back, or the connection ends. */
  readonly line?: string
}

export interface Driven {
  readonly client: TlsClient
  readonly events: readonly TlsEvent[]
  /** All that the server sent, a part for each read of the socket. */
  readonly received: readonly Uint8Array[]
  /** Application data received. */
  readonly text: string
}

/** Takes the engine over one TCP connection on 127.0.0.1, from hello to close. */
export function driveClient({
  offer,
  seed,
  port,
  credential,
  psk,
  session,
  ticket,
  keyLog,
  line = 'tlsfit\n',
}: Drive): Promise<Driven> {
  const client = new TlsClient({ offer, seed, psk, session, ticket, keyLog })
  const events: TlsEvent[] = []
  const received: Uint8Array[] = []
  let text = ''
  const socket = connect(port, '127.0.0.1')
  const apply = (step: Step): void => {
    if (step.send.length > 0) socket.write(step.send)
    events.push(...step.events)
    for (const event of step.events) {
      if (event.kind === 'server-flight') apply(client.proceed(credential ? { credential } : {}, 0))
      if (event.kind === 'established') apply(client.send(Buffer.from(line), 0))
      if (event.kind === 'application-data' && event.direction === 'received') {
        text += Buffer.from(event.data).toString()
        if (text.length >= line.length) apply(client.close(0))
      }
    }
    if (client.finished) socket.end()
  }
  return new Promise((resolve, reject) => {
    socket.on('connect', () => apply(client.start(0)))
    socket.on('data', (bytes) => {
      received.push(bytes)
      apply(client.receive(bytes, 0))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    socket.on('close', () => resolve({ client, events, received, text }))
  })
}
