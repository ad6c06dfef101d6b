import { createServer, type Server, type ServerResponse } from 'node:http'
import { listenAddress } from './gateway-config.ts'
import { metricsContentType } from './metrics.ts'

/** What a balancer or a monitor asks. */
export interface Health {
  /** `stopping`: no new connections are taken. */
  readonly state: 'ok' | 'degraded' | 'stopping'
  readonly workers: { readonly running: number; readonly wanted: number }
  /** Faults that are there now, each a line: a certificate that cannot be renewed, a reload that failed. */
  readonly faults: readonly string[]
}

export interface OperationsSource {
  readonly health: () => Health
  readonly metrics: () => Promise<string>
}

/** `/healthz` and `/metrics` over plain HTTP: for the machine itself and its monitor, on loopback unless said otherwise. */
export class Operations {
  readonly #server: Server

  /** Rejects with the system's error where it cannot listen. */
  static open(listen: string, source: OperationsSource): Promise<Operations> {
    const server = createServer(
      { maxHeaderSize: 8_192, requestTimeout: 10_000, headersTimeout: 10_000 },
      (request, response) => {
        answer(source, request.method ?? '', request.url ?? '', response).catch(() => {
          if (!response.headersSent) send(response, 500, 'text/plain', 'metrics are not to be had now\n')
          else response.destroy()
        })
      },
    )
    server.maxConnections = 64
    const { host, port } = listenAddress(listen)
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        server.on('error', () => {})
        resolve(new Operations(server))
      })
    })
  }

  private constructor(server: Server) {
    this.#server = server
  }

  get port(): number {
    const at = this.#server.address()
    return at !== null && typeof at === 'object' ? at.port : 0
  }

  close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()))
    this.#server.closeAllConnections()
    return closed
  }
}

async function answer(
  source: OperationsSource,
  method: string,
  url: string,
  response: ServerResponse,
): Promise<void> {
  const path = url.split('?')[0]
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    send(response, 405, 'text/plain', 'GET and HEAD only\n')
  } else if (path === '/healthz') {
    const health = source.health()
    const status = health.state === 'stopping' || health.workers.running === 0 ? 503 : 200
    send(response, status, 'application/json', `${JSON.stringify(health)}\n`)
  } else if (path === '/metrics') send(response, 200, metricsContentType, await source.metrics())
  else send(response, 404, 'text/plain', 'there are /healthz and /metrics\n')
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(response.req.method === 'HEAD' ? '' : body)
}
