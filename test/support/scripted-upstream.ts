import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { UpstreamAnswer, UpstreamAsk, UpstreamFetch } from '../../src/gateway/cache/contract.ts'

export interface UpstreamFile {
  readonly etag?: string
  readonly lastModified?: string
  readonly content: Buffer
  readonly fields?: Readonly<Record<string, string>>
}

/** What goes wrong with one answer. */
export type UpstreamFault =
  | { readonly kind: 'status'; readonly status: number }
  /** Closed without an answer. */
  | { readonly kind: 'down' }
  /** So many bytes of the body, then closed. */
  | { readonly kind: 'cut'; readonly after: number }
  /** The length in the head is wrong by so much. */
  | { readonly kind: 'length'; readonly by: number }
  /** Range and conditions are ignored. */
  | { readonly kind: 'deaf' }
  /** The file changes when so many bytes of it are sent. */
  | { readonly kind: 'hook'; readonly after: number; readonly run: () => void | Promise<void> }

/** A file server over HTTP whose file and faults the test sets. */
export class ScriptedUpstream {
  file: UpstreamFile
  /** Asked for each request; the number counts from 1. */
  fault: (number: number, message: IncomingMessage) => UpstreamFault | undefined = () => undefined
  /** `GET`, range and conditions of each request. */
  readonly seen: string[] = []
  readonly #server: Server

  static async start(file: UpstreamFile): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream(file)
    await new Promise<void>((resolve) => upstream.#server.listen(0, '127.0.0.1', resolve))
    return upstream
  }

  private constructor(file: UpstreamFile) {
    this.file = file
    this.#server = createServer((message, response) => {
      this.#answer(message, response).catch(() => response.destroy())
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  readonly fetch: UpstreamFetch = (ask) => fetchOver(this.port, ask)

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { range, 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = message.headers
    const conditions = [
      range,
      ifMatch && `if-match ${ifMatch}`,
      ifNoneMatch && `if-none-match ${ifNoneMatch}`,
    ]
    this.seen.push(['GET', ...conditions.filter((one) => one !== undefined)].join(' '))
    const fault = this.fault(this.seen.length, message)
    const { etag, lastModified, content, fields } = this.file
    if (fault?.kind === 'down') return void response.destroy()
    if (fault?.kind === 'status') return void response.writeHead(fault.status).end('no')
    if (etag !== undefined) response.setHeader('ETag', etag)
    if (lastModified !== undefined) response.setHeader('Last-Modified', lastModified)
    for (const [name, value] of Object.entries(fields ?? {})) response.setHeader(name, value)
    const isDeaf = fault?.kind === 'deaf'
    if (!isDeaf && ifMatch !== undefined && ifMatch !== etag) return void response.writeHead(412).end()
    if (!isDeaf && ifNoneMatch !== undefined && ifNoneMatch === etag)
      return void response.writeHead(304).end()
    const parts = isDeaf ? null : /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
    const first = Number(parts?.[1] ?? 0)
    const last = Math.min(Number(parts?.[2] || content.length - 1), content.length - 1)
    const body = content.subarray(first, last + 1)
    response.setHeader('Content-Length', body.length + (fault?.kind === 'length' ? fault.by : 0))
    if (parts !== null) response.setHeader('Content-Range', `bytes ${first}-${last}/${content.length}`)
    response.writeHead(parts === null ? 200 : 206)
    if (fault?.kind === 'cut' || fault?.kind === 'hook') {
      await new Promise<void>((resolve) => response.write(body.subarray(0, fault.after), () => resolve()))
      if (fault.kind === 'cut') return void response.destroy()
      await fault.run()
      return void response.end(body.subarray(fault.after))
    }
    response.end(body)
  }
}

/** One GET over a connection of its own, as the proxy does it. */
export function fetchOver(
  port: number,
  { range, ifMatch, ifNoneMatch }: UpstreamAsk,
): Promise<UpstreamAnswer> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (range !== undefined) headers.range = `bytes=${range.first}-${range.last ?? ''}`
  if (ifMatch !== undefined) headers['if-match'] = ifMatch
  if (ifNoneMatch !== undefined) headers['if-none-match'] = ifNoneMatch
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, headers, agent: false }, (message) => {
      message.on('error', () => {})
      resolve({
        status: message.statusCode ?? 0,
        field: (name) => {
          const value = message.headers[name]
          return Array.isArray(value) ? value.join(', ') : value
        },
        body: message,
        cancel: () => void message.destroy(),
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}
