import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { isLoopback } from '../io/tcp.ts'
import type { ApiDeps } from './api-context.ts'
import { openApi } from './app.ts'

export interface ApiServer {
  readonly address: string
  readonly port: number
  readonly url: string
  /** Ends open answers, too. */
  close(): Promise<void>
}

/** It may not be opened like this, and what mends it. */
export class ApiStartError extends Error {
  override readonly name = 'ApiStartError'
  readonly code: 'login-needed' | 'port-in-use' | 'address-unknown' | 'listen-failed'
  readonly hint: string

  constructor(code: ApiStartError['code'], message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

/** Heads of a request may take so long, and all of it so long. */
const HEAD_MS = 10_000
const REQUEST_MS = 60_000

/** `host`: an address. Beyond loopback there is no API without a log-in. Throws `ApiStartError`. */
export async function listenApi(deps: ApiDeps, host: string, port: number): Promise<ApiServer> {
  const local = host === 'localhost' || isLoopback(host)
  if (!local && deps.options.login === 'none') {
    throw new ApiStartError(
      'login-needed',
      `${host} can be reached from other machines, and nobody would have to log in`,
      'make a token, or listen on 127.0.0.1',
    )
  }
  const server = createAdaptorServer({
    fetch: openApi(deps).fetch,
    serverOptions: { headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS, maxHeaderSize: 16_384 },
  })
  await bind(server, host, port)
  const bound = server.address()
  const at = typeof bound === 'object' && bound !== null ? bound : { address: host, port }
  const name = at.address.includes(':') ? `[${at.address}]` : at.address
  return {
    address: at.address,
    port: at.port,
    url: `http://${name}:${at.port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}

function bind(server: ServerType, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => fail(startError(error, host, port)))
    server.listen(port, host, done)
  })
}

function startError(error: NodeJS.ErrnoException, host: string, port: number): ApiStartError {
  if (error.code === 'EADDRINUSE') {
    const hint = 'end what listens there, or choose another with --port'
    return new ApiStartError('port-in-use', `port ${port} of ${host} is in use`, hint)
  }
  if (error.code === 'EADDRNOTAVAIL') {
    const hint = 'name one of its addresses with --listen'
    return new ApiStartError('address-unknown', `this machine has no address ${host}`, hint)
  }
  const message = `cannot listen on ${host}, port ${port}: ${error.code ?? 'unknown'}`
  return new ApiStartError('listen-failed', message, 'choose another address or port')
}
