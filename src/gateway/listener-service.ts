import type { Socket } from 'node:net'
import { DeadlineSweep } from '../front/deadlines.ts'
import type { Failed, Front, FrontOptions, FrontRules, Secured, TicketKeys } from '../front/front.ts'
import { HttpConnection, type HttpHandler } from '../front/http-connection.ts'
import { openFront } from '../front/tls-front.ts'
import type { HttpsListenerFile, ListenerFile } from './config-schema.ts'
import { failureLabels } from './failure-labels.ts'
import { httpLimitsOf } from './front-rules.ts'
import type { GatewayLog } from './gateway-log.ts'
import type { HelloFamilies } from './hello-families.ts'
import type { GatewayMetrics } from './metrics.ts'
import { RequestRuns } from './request-runs.ts'

/** What stands behind the listeners: replaced as a whole when the configuration is. */
export interface Backend {
  httpHandler(listener: HttpsListenerFile, connection: Secured): HttpHandler
  /** Takes the connection over. */
  takeMqtt(listener: ListenerFile, connection: Secured): void
  /** Handshake bytes of the upstream itself, where they were measured. */
  directHandshakeBytes(listener: ListenerFile): number | undefined
  /** Something of it is in use until `leave`. */
  enter(): void
  leave(): void
}

export interface ServiceLinks {
  readonly log: GatewayLog
  readonly metrics: GatewayMetrics
  readonly families: HelloFamilies
  readonly backend: () => Backend
}

/** One listener of the configuration: its front, and the connections that came through it. */
export class ListenerService {
  readonly #links: ServiceLinks
  readonly #sweep = new DeadlineSweep()
  readonly #http = new Set<HttpConnection>()
  readonly #mqtt = new Set<Socket>()
  readonly #front: Front
  #listener: ListenerFile
  #clientRule: string
  /** Whoever came before was asked for another client certificate, or for none. Undefined: nobody was. */
  #clientRuleSince: Date | undefined

  static async open(
    listener: ListenerFile,
    rules: FrontRules,
    links: ServiceLinks,
    shared: Pick<FrontOptions, 'sessions' | 'ticketKeys'>,
  ): Promise<ListenerService> {
    // The front tells of connections only after it was given one.
    let service: ListenerService | undefined
    const front = await openFront(
      rules,
      {
        secured: (connection) => service!.#secured(connection),
        failed: (failed) => service!.#failed(failed),
      },
      shared,
    )
    service = new ListenerService(listener, rules, front, links)
    return service
  }

  private constructor(listener: ListenerFile, rules: FrontRules, front: Front, links: ServiceLinks) {
    this.#listener = listener
    this.#clientRule = JSON.stringify(rules.clientCertificates)
    this.#front = front
    this.#links = links
  }

  get connections(): number {
    return this.#front.connections
  }

  take(socket: Socket): void {
    const { name } = this.#listener
    socket.once('close', () => this.#links.metrics.wire(name, socket.bytesWritten, socket.bytesRead))
    this.#front.take(socket)
  }

  /**
   * For connections to come; requests to come on open ones are answered by the new configuration as well, unless it asks
   * for other client certificates: who was let in by the rule of before does not stay.
   */
  replace(listener: ListenerFile, rules: FrontRules): void {
    this.#front.replace(rules)
    this.#listener = listener
    const clientRule = JSON.stringify(rules.clientCertificates)
    if (clientRule === this.#clientRule) return
    this.#clientRule = clientRule
    this.#clientRuleSince = new Date()
    this.drain()
    for (const socket of this.#mqtt) socket.destroy()
  }

  renewTicketKeys(keys: TicketKeys): void {
    this.#front.renewTicketKeys(keys)
  }

  /** Connections end after the response at hand. */
  drain(): void {
    for (const connection of this.#http) connection.stop()
  }

  close(): Promise<void> {
    return this.#front.close()
  }

  #secured(connection: Secured): void {
    const { log, metrics, backend } = this.#links
    const listener = this.#listener
    const { version, cipherSuite, identity, resumed, serverName, handshakeBytesSent, maxFragmentLength } =
      connection
    metrics.secured(listener.name, connection, backend().directHandshakeBytes(listener))
    log({
      level: 'info',
      what: 'secured',
      ...toldOf(listener, connection),
      facts: {
        version,
        cipherSuite,
        identity,
        resumed,
        serverName,
        nameKnown: namesHost(listener, serverName),
        handshakeBytes: handshakeBytesSent,
        maxFragmentLength,
        clientCertificate: connection.clientCertificate?.verified,
      },
    })
    // It was in its handshake when the rule changed.
    if (this.#clientRuleSince !== undefined && connection.startedAt < this.#clientRuleSince) {
      connection.socket.destroy()
    } else if (listener.protocol === 'https') this.#serveHttp(listener, connection)
    else this.#serveMqtt(listener, connection)
  }

  #serveMqtt(listener: ListenerFile, connection: Secured): void {
    const { socket } = connection
    this.#mqtt.add(socket)
    socket.once('close', () => this.#mqtt.delete(socket))
    this.#links.backend().takeMqtt(listener, connection)
  }

  #serveHttp(listener: HttpsListenerFile, connection: Secured): void {
    const { log, metrics } = this.#links
    const told = toldOf(listener, connection)
    const runs = new RequestRuns(log, told)
    let backend: Backend | undefined
    let handler: HttpHandler | undefined
    const { name } = listener
    const http = new HttpConnection(
      connection.socket,
      (exchange) => {
        // The configuration may have changed since the last request.
        const now = this.#links.backend()
        if (backend !== now || handler === undefined) {
          const current = this.#listener
          backend = now
          handler = now.httpHandler(current.protocol === 'https' ? current : listener, connection)
        }
        backend.enter()
        handler(exchange)
      },
      this.#sweep,
      httpLimitsOf(listener),
      {
        onExchange: (exchange) => {
          backend?.leave()
          metrics.exchange(name, exchange)
          runs.add(exchange, Date.now())
        },
        onRefused: ({ status, reason }) =>
          log({ level: 'warn', what: 'refused-head', ...told, facts: { status, reason } }),
        onFault: (error) =>
          log({
            level: 'error',
            what: 'fault',
            ...told,
            message: error instanceof Error ? error.message : 'unknown',
          }),
        onClose: () => {
          this.#http.delete(http)
          runs.flush()
        },
      },
    )
    this.#http.add(http)
  }

  #failed(failed: Failed): void {
    const { log, metrics, families } = this.#links
    const { labels, message } = failureLabels(failed, families)
    metrics.failed(this.#listener.name, labels)
    log({
      level: 'warn',
      what: 'handshake-failed',
      ...toldOf(this.#listener, failed),
      message,
      facts: { ...labels, serverName: failed.serverName, late: failed.late },
    })
  }
}

function toldOf({ name }: ListenerFile, { id, remoteAddress }: Pick<Secured, 'id' | 'remoteAddress'>) {
  return { listener: name, connection: id, remote: remoteAddress }
}

/** Whether server_name is one that this listener was set up for; undefined where its names are not in the configuration. */
function namesHost({ certificate }: ListenerFile, serverName: string | undefined): boolean | undefined {
  const names = certificate.own?.names ?? certificate.acme?.names
  if (names === undefined || serverName === undefined) return undefined
  return names.some((name) => name.toLowerCase() === serverName.toLowerCase())
}
