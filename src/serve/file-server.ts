import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Device } from '../device/device.ts'
import { baseOf } from '../front/arrival.ts'
import { DeadlineSweep } from '../front/deadlines.ts'
import type { FrontRules, Secured } from '../front/front.ts'
import {
  defaultHttpLimits,
  HttpConnection,
  type HttpHandler,
  type HttpLimits,
} from '../front/http-connection.ts'
import { type LocalCa, type LocalKeyType, openLocalCa } from '../front/local-ca.ts'
import { openFront } from '../front/tls-front.ts'
import type { HeadMode } from '../http/write-head.ts'
import { listen } from '../io/listen.ts'
import { type ConnectionReport, ConnectionTrace } from './connection-report.ts'
import { fileHandler } from './file-handler.ts'
import { HostedFiles, type OnTagging } from './hosted-files.ts'
import { machineNames, reachableAddresses } from './machine-hosts.ts'

export interface FileServerOptions {
  /** A file or a folder. */
  readonly path: string
  /** Addresses to listen on; `0.0.0.0` and `::` for all. */
  readonly hosts: readonly string[]
  readonly port: number
  /** Names under which devices connect, beside the addresses. */
  readonly names: readonly string[]
  /** Undefined: plain HTTP. */
  readonly tls:
    | {
        readonly stateFolder: string
        readonly keyType: LocalKeyType
        readonly maxRecordBytes: number
        readonly oldSuites: boolean
      }
    | undefined
  readonly headMode: HeadMode
  /** Profiles that hellos are compared with; asked for when the first hello comes. */
  readonly devices: () => readonly Device[]
  readonly now: () => Date
  readonly limits?: HttpLimits
  readonly maxConnections?: number
  /** A large file is read for its entity tag, while it is served without one. */
  readonly onTagging?: OnTagging
  /** A handshake is over. */
  readonly onSecured?: (connection: Secured) => void
  /** A connection is over. */
  readonly onConnection: (report: ConnectionReport) => void
}

export interface FileServer {
  readonly port: number
  /** Names and addresses for URLs, names first, loopback last. */
  readonly urlHosts: readonly string[]
  /** Name of the one file; undefined where a folder is served. */
  readonly only: string | undefined
  readonly ca: LocalCa | undefined
  close(): Promise<void>
}

const MAX_CONNECTIONS = 512
const HANDSHAKE_MS = 60_000

/** Serves files until it is closed. Throws the system's error for a path or an address that is not to be had. */
export async function openFileServer(options: FileServerOptions): Promise<FileServer> {
  const { tls } = options
  const files = await HostedFiles.open(
    options.path,
    tls === undefined ? [] : [tls.stateFolder],
    undefined,
    options.onTagging,
  )
  const urlHosts = [...options.names, ...reachableAddresses(options.hosts)]
  // No device may be able to look the machine's names up, so no URL is made of them; whoever can is served. Whoever tunnels
  // here comes to localhost.
  const names = [...new Set([...urlHosts, 'localhost', ...machineNames()])]
  const own = names.map((host) => host.toLowerCase())
  const server = new OpenServer(options, fileHandler(files, options.headMode, own))
  try {
    const open = tls === undefined ? await server.listenPlain() : await server.listenTls(tls, names)
    const close = async () => {
      await open.close()
      files.close()
    }
    // A large file has its tag sooner.
    if (files.only !== undefined) files.find([files.only], () => {})
    return { port: open.port, urlHosts, only: files.only, ca: open.ca, close }
  } catch (error) {
    files.close()
    throw error
  }
}

interface Open {
  readonly port: number
  readonly ca: LocalCa | undefined
  close(): Promise<void>
}

class OpenServer {
  readonly #options: FileServerOptions
  readonly #handler: HttpHandler
  readonly #sweep = new DeadlineSweep()
  readonly #traces = new Map<number, ConnectionTrace>()
  #plain = 0

  constructor(options: FileServerOptions, handler: HttpHandler) {
    this.#options = options
    this.#handler = handler
  }

  async listenTls(tls: NonNullable<FileServerOptions['tls']>, names: readonly string[]): Promise<Open> {
    const { hosts, port, now } = this.#options
    const ca = await openLocalCa({ folder: tls.stateFolder, keyType: tls.keyType, hosts: names, now: now() })
    const front = await openFront(
      this.#rules(ca, tls),
      {
        secured: (connection) => {
          const trace = new ConnectionTrace(connection)
          trace.secured = connection
          this.#options.onSecured?.(connection)
          this.#traces.set(connection.id, trace)
          this.#talk(connection.socket, trace)
        },
        failed: (connection) => {
          const trace = this.#traces.get(connection.id) ?? new ConnectionTrace(connection)
          trace.failure = connection.failure
          if (!connection.late) this.#over(trace)
        },
      },
      { listen: { hosts, port } },
    )
    return { port: front.port, ca, close: () => front.close() }
  }

  async listenPlain(): Promise<Open> {
    const { hosts, port, maxConnections = MAX_CONNECTIONS } = this.#options
    let open = 0
    const accept = (socket: Socket) => {
      const trace = new ConnectionTrace(baseOf(++this.#plain, socket))
      if (open >= maxConnections) {
        trace.failure = { kind: 'too-many', limit: 'connections' }
        this.#over(trace)
        socket.destroy()
        return
      }
      open++
      socket.once('close', () => open--)
      this.#talk(socket, trace)
    }
    const listening = await listen(accept, { hosts, port })
    return { port: listening.port, ca: undefined, close: () => listening.close() }
  }

  #talk(socket: Duplex, trace: ConnectionTrace): void {
    new HttpConnection(socket, this.#handler, this.#sweep, this.#options.limits ?? defaultHttpLimits, {
      onExchange: (exchange) => trace.exchange(exchange),
      onRefused: ({ reason }) => {
        trace.refused = reason
      },
      onClose: (end) => {
        trace.end = end
        // A handshake that the client takes back is told in the same turn.
        setImmediate(() => this.#over(trace))
      },
    })
  }

  #over(trace: ConnectionTrace): void {
    this.#traces.delete(trace.base.id)
    const { tls, devices, now } = this.#options
    const served = tls && {
      kinds: new Set([tls.keyType === 'p256' ? ('ecdsa' as const) : ('rsa' as const)]),
      oldSuites: tls.oldSuites,
    }
    this.#options.onConnection(trace.report(devices, now(), served))
  }

  #rules(ca: LocalCa, tls: NonNullable<FileServerOptions['tls']>): FrontRules {
    return {
      identities: tls.keyType === 'p256' ? { ecdsa: ca.identity } : { rsa: ca.identity },
      maxRecordBytes: tls.maxRecordBytes,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      oldSuites: tls.oldSuites,
      clientCertificates: { ask: 'no' },
      handshakeTimeoutMs: HANDSHAKE_MS,
      maxConnections: this.#options.maxConnections ?? MAX_CONNECTIONS,
    }
  }
}
