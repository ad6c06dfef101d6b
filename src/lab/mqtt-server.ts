import { createHash, X509Certificate } from 'node:crypto'
import { createServer, type TLSSocket } from 'node:tls'
import mqtt from 'mqtt-packet'
import { type Listening, type ListenOptions, listen } from '../io/listen.ts'
import type { IssuedCertificate } from '../issue/issue-certificate.ts'
import { tlsIdentity } from './tls-server.ts'

/** One customer's endpoint under the shared wildcard certificate. */
export interface MqttAccount {
  /** Host name that routes to it. */
  readonly host: string
  /** Client certificates registered there. */
  readonly registered: readonly IssuedCertificate[]
}

export interface MqttServerOptions extends ListenOptions {
  readonly chain: readonly IssuedCertificate[]
  /** CAs whose client certificates are let through the handshake. */
  readonly clientCas: readonly IssuedCertificate[]
  readonly accounts: readonly MqttAccount[]
  /** Where a connection without server_name goes: the account its certificate is registered with. */
  readonly withoutName: MqttAccount
  readonly onConnection?: (connection: MqttConnection) => void
}

/** For a line in the server's log. */
export interface MqttConnection {
  readonly serverName: string | undefined
  readonly outcome: 'accepted' | 'not-registered' | 'no-account' | 'not-connect'
}

/** Names that mean this machine and so route like no name. */
const LOCAL_NAMES = new Set(['localhost'])
const MAX_CONNECT_BYTES = 65_536

/**
 * An MQTT 3.1.1 broker front in the manner of AWS IoT Core: it wants a client certificate, completes the
 * handshake for any name, routes by server_name, and closes without a word after the first application
 * record when the certificate is not registered with the account that the name leads to.
 */
export async function openMqttServer(options: MqttServerOptions): Promise<Listening> {
  const server = createServer(
    {
      ...tlsIdentity(options.chain),
      ca: options.clientCas.map(({ pem }) => pem),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (socket) => attend(socket, options),
  )
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return listen((socket) => server.emit('connection', socket), options)
}

function attend(socket: TLSSocket, options: MqttServerOptions): void {
  const serverName = nameSent(socket)
  const account = route(serverName, options)
  const registered = account?.registered.some(({ der }) => sameCertificate(der, socket)) ?? false
  const tell = (outcome: MqttConnection['outcome']) => options.onConnection?.({ serverName, outcome })
  socket.on('error', () => socket.destroy())
  if (!registered) {
    socket.once('data', () => {
      tell(account ? 'not-registered' : 'no-account')
      socket.end()
    })
    return
  }
  converse(socket, tell)
}

/** The broker's half of a short conversation: CONNECT, PINGREQ, SUBSCRIBE, PUBLISH, DISCONNECT. */
function converse(socket: TLSSocket, tell: (outcome: MqttConnection['outcome']) => void): void {
  const parser = mqtt.parser({ protocolVersion: 4 })
  let connected = false
  let receivedBytes = 0
  const hangUp = () => {
    if (!connected) tell('not-connect')
    socket.end()
  }
  parser.on('error', hangUp)
  parser.on('packet', (packet) => {
    if (!connected && packet.cmd !== 'connect') return hangUp()
    switch (packet.cmd) {
      case 'connect':
        if (connected) return hangUp() // a second CONNECT is a violation, MQTT 3.1.1 §3.1
        connected = true
        tell('accepted')
        socket.write(mqtt.generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }))
        return
      case 'pingreq':
        socket.write(mqtt.generate({ cmd: 'pingresp' }))
        return
      case 'subscribe':
        socket.write(
          mqtt.generate({
            cmd: 'suback',
            messageId: packet.messageId ?? 1,
            granted: packet.subscriptions.map(({ qos }) => Math.min(qos, 1)),
          }),
        )
        return
      case 'publish':
        if (packet.qos === 1) {
          socket.write(mqtt.generate({ cmd: 'puback', messageId: packet.messageId ?? 1 }))
        }
        return
      default:
        socket.end()
    }
  })
  socket.on('data', (bytes) => {
    receivedBytes += bytes.length
    if (!connected && receivedBytes > MAX_CONNECT_BYTES) hangUp()
    else parser.parse(bytes)
  })
}

function nameSent(socket: TLSSocket): string | undefined {
  // Typed as string | null; Node gives `false` where the client sent no server_name.
  const name: unknown = 'servername' in socket ? socket.servername : undefined
  return typeof name === 'string' && name !== '' ? name.toLowerCase() : undefined
}

function route(serverName: string | undefined, options: MqttServerOptions): MqttAccount | undefined {
  if (serverName === undefined || LOCAL_NAMES.has(serverName)) return options.withoutName
  return options.accounts.find(({ host }) => host === serverName)
}

function sameCertificate(der: Uint8Array, socket: TLSSocket): boolean {
  const peer = socket.getPeerX509Certificate()
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  return peer !== undefined && sha256(peer.raw) === sha256(new X509Certificate(der).raw)
}
