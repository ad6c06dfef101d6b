import { type IncomingHttpHeaders, request } from 'node:http'
import { type ApiDeps, type ApiOptions, defaultOptions } from '../../src/api/api-context.ts'
import { type ApiServer, listenApi } from '../../src/api/listen-api.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import type { Database } from '../../src/store/database.ts'

export const apiNow = new Date('2026-11-21T12:00:00Z')

/** The real server on loopback, with a clock that stands unless a test moves it. */
export async function startApi(
  database: Database,
  options: Partial<ApiOptions> = {},
  deps: Partial<ApiDeps> = {},
): Promise<ApiClient> {
  const faults: unknown[] = []
  const server = await listenApi(
    {
      database,
      catalogue: openCatalogue(),
      knownRoots: openKnownRoots(),
      now: () => apiNow,
      version: '0.0.0-test',
      options: { ...defaultOptions, ...options },
      onFault: (error) => faults.push(error),
      watch: {
        probeNow: async () => {},
        settingsChanged: async () => {},
        lastSight: async () => undefined,
        testChannel: async () => ({ ok: true }),
      },
      ...deps,
    },
    '127.0.0.1',
    0,
  )
  return new ApiClient(server, faults)
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** Sent as JSON. */
  readonly json?: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any form
  readonly json: any
}

/** Asks over a socket, with any header that a hostile page or script could send. */
export class ApiClient {
  readonly server: ApiServer
  /** What the server called a fault of its own. */
  readonly faults: unknown[]

  constructor(server: ApiServer, faults: unknown[]) {
    this.server = server
    this.faults = faults
  }

  ask(path: string, { method = 'GET', headers = {}, body, json }: Asked = {}): Promise<Answer> {
    const sent = json === undefined ? body : JSON.stringify(json)
    const type = json === undefined ? {} : { 'content-type': 'application/json' }
    return new Promise((done, fail) => {
      const { address: host, port } = this.server
      const asked = request({ host, port, path, method, headers: { ...type, ...headers }, agent: false })
      asked.once('error', fail)
      asked.once('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', fail)
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const isJson = response.headers['content-type']?.startsWith('application/json') === true
          const json = isJson && text !== '' ? JSON.parse(text) : undefined
          done({ status: response.statusCode ?? 0, headers: response.headers, text, json })
        })
      })
      asked.end(sent)
    })
  }

  /** With what a page of ours would send along. */
  async change(path: string, asked: Asked = {}): Promise<Answer> {
    const { json } = await this.ask('/api/v1/session', { headers: asked.headers ?? {} })
    const headers = { 'x-csrf-token': json?.csrf ?? '', ...asked.headers }
    return this.ask(path, { method: 'POST', ...asked, headers })
  }

  close(): Promise<void> {
    return this.server.close()
  }
}
