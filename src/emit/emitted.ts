import type { GatewayConfig } from '../gateway/gateway-config.ts'

/** The configuration of another proxy that does what a `gateway.yaml` asks, as far as that proxy can. */
export interface Emitted {
  readonly text: string
  /** What the gateway does and this proxy cannot, each a sentence that names the listener or upstream. */
  readonly cannot: readonly string[]
}

/** Files that the proxy reads. All paths are absolute. */
export interface EmitFiles {
  /** By listener name. */
  readonly identities: ReadonlyMap<string, ListenerFiles>
  /** Roots that upstreams are verified against, in one PEM. */
  readonly publicRoots: string
  /** By upstream name: a file with those roots and the upstream's own. */
  readonly upstreamRoots: ReadonlyMap<string, string>
  /** Folder of what only the proxy reads: secrets, which the user writes there. */
  readonly folder: string
}

export interface ListenerFiles {
  readonly ecdsa?: IdentityPaths | undefined
  readonly rsa?: IdentityPaths | undefined
  readonly clientCa?: string | undefined
}

export interface IdentityPaths {
  readonly chain: string
  readonly key: string
  /** Chain and key in one file, as HAProxy reads it. */
  readonly both: string
}

export type Emitter = (config: GatewayConfig, files: EmitFiles) => Emitted

/** A config file that grows line by line. */
export class Lines {
  readonly #lines: string[] = []
  readonly #indent: string
  #depth = 0

  constructor(indent: string) {
    this.#indent = indent
  }

  add(...lines: readonly string[]): this {
    for (const line of lines)
      this.#lines.push(line === '' ? '' : `${this.#indent.repeat(this.#depth)}${line}`)
    return this
  }

  /** What `body` adds stands deeper, between `open` and `close`. */
  block(open: string, body: () => void, close?: string): this {
    this.add(open)
    this.#depth++
    body()
    this.#depth--
    if (close !== undefined) this.add(close)
    return this
  }

  comment(text: string): this {
    return this.add(`# ${oneLine(text)}`)
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }
}

/** Names come from a file of the user's; none may end the line that it stands in. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}

/** The head of every file: what it is, and what it cannot do. */
export function preamble(
  lines: Lines,
  name: string,
  { file }: GatewayConfig,
  cannot: readonly string[],
): void {
  lines.comment(`${name} configuration made by tlsfit emit from ${file.split(/[\\/]/).pop() ?? file}.`)
  for (const sentence of cannot) lines.comment(`Not done here: ${sentence}`)
}

export interface UrlParts {
  readonly host: string
  readonly port: number
  /** Without the slash at its end. */
  readonly path: string
}

/** The parts of an upstream's URL that a proxy wants apart. */
export function partsOf(url: string): UrlParts {
  const { hostname, port, pathname, protocol } = new URL(url)
  const usual = protocol === 'mqtts:' ? 8883 : 443
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? usual : Number(port),
    path: pathname.replace(/\/$/, ''),
  }
}

/** `host:port` with brackets around an IPv6 address. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Suites of TLS 1.2 by the names of OpenSSL, ECDSA first. */
export function suitesOf(old: boolean): string {
  const aead = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305']
  const modern = ['ECDSA', 'RSA'].flatMap((auth) => aead.map((cipher) => `ECDHE-${auth}-${cipher}`))
  if (!old) return modern.join(':')
  const cbc = ['AES128-SHA256', 'AES128-SHA', 'AES256-SHA384', 'AES256-SHA']
  return [
    ...modern,
    ...['ECDSA', 'RSA'].flatMap((auth) => cbc.map((cipher) => `ECDHE-${auth}-${cipher}`)),
    'AES128-GCM-SHA256',
    'AES256-GCM-SHA384',
    'AES128-SHA256',
    'AES128-SHA',
    'AES256-SHA',
  ].join(':')
}
