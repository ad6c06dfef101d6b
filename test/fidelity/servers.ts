import { writeFileSync } from 'node:fs'
import { connect, createServer as createTcp, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { peer } from '../support/peer.ts'
import { freePort, startPeer } from '../support/peer-process.ts'
import { type Framing, Reframer } from './reframe.ts'

/** Real servers on loopback, each with its own TLS library and its own way of cutting records. */
export const serverKinds = ['node', 'openssl', 'nginx', 'haproxy', 'gnutls'] as const
export type ServerKind = (typeof serverKinds)[number]

export interface ServerWish {
  /** PEM, leaf first. */
  readonly chain: readonly string[]
  readonly key: string
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Handshake records of another shape than the server's own; TLS 1.2 only. */
  readonly framing?: Framing
  /** Sent as the body of every answer, over HTTP/1.1; `node` only. */
  readonly bodyBytes?: number
}

export interface RunningServer {
  readonly port: number
  stop(): Promise<void>
}

/** Whether its program is installed; throws under `CI=true` where it is not. */
export function isThere(kind: ServerKind): boolean {
  return kind === 'node' || peer(kind === 'gnutls' ? 'gnutls-serv' : kind) !== undefined
}

/** `folder` is the server's own, for its files. */
export async function startServer(
  kind: ServerKind,
  wish: ServerWish,
  folder: string,
): Promise<RunningServer> {
  const server = kind === 'node' ? await startNode(wish) : await startProgram(kind, wish, folder)
  return wish.framing === undefined ? server : reframed(server, wish.framing)
}

async function startNode({
  chain,
  key,
  maxVersion,
  minVersion,
  bodyBytes,
}: ServerWish): Promise<RunningServer> {
  const body = Buffer.alloc(bodyBytes ?? 4, 'x')
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  const options = { cert: chain.join(''), key, maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }
  const server = createTls({ ...options, ...(minVersion && { minVersion }) }, (socket) => {
    socket.on('error', () => {})
    // One write, so that head and body share records as a small answer's do.
    socket.once('data', () => socket.end(Buffer.concat([Buffer.from(head), body])))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, stop: async () => void server.close() }
}

async function startProgram(
  kind: Exclude<ServerKind, 'node'>,
  wish: ServerWish,
  folder: string,
): Promise<RunningServer> {
  const port = await freePort()
  const at = (name: string) => join(folder, name)
  writeFileSync(at('chain.pem'), wish.chain.join(''))
  writeFileSync(at('leaf.pem'), wish.chain[0] ?? '')
  writeFileSync(at('rest.pem'), wish.chain.slice(1).join(''))
  writeFileSync(at('key.pem'), wish.key)
  writeFileSync(at('both.pem'), wish.chain.join('') + wish.key)
  const program = peer(kind === 'gnutls' ? 'gnutls-serv' : kind)
  if (program === undefined) throw new Error(`${kind} is missing: npm run peers`)
  return startPeer(program, argumentsOf(kind, wish, port, at), port)
}

type At = (name: string) => string

function argumentsOf(kind: Exclude<ServerKind, 'node'>, wish: ServerWish, port: number, at: At): string[] {
  const only12 = wish.maxVersion === 'TLSv1.2'
  switch (kind) {
    case 'openssl':
      return [
        ...['s_server', '-accept', `127.0.0.1:${port}`, '-cert', at('leaf.pem'), '-key', at('key.pem')],
        ...(wish.chain.length > 1 ? ['-cert_chain', at('rest.pem')] : []),
        ...(only12 ? ['-no_tls1_3'] : []),
        ...['-cipher', 'DEFAULT@SECLEVEL=0', '-www', '-quiet'],
      ]
    case 'nginx':
      writeFileSync(at('nginx.conf'), nginxConfig(wish, port, at))
      return ['-c', at('nginx.conf'), '-e', at('nginx.log')]
    case 'haproxy':
      writeFileSync(at('haproxy.cfg'), haproxyConfig(only12, port, at))
      return ['-db', '-f', at('haproxy.cfg')]
    case 'gnutls':
      return [
        ...['--port', String(port), '--x509certfile', at('chain.pem'), '--x509keyfile', at('key.pem')],
        ...['--priority', `NORMAL:%VERIFY_ALLOW_BROKEN${only12 ? ':-VERS-TLS1.3' : ''}`, '--http', '--quiet'],
      ]
  }
}

function nginxConfig({ maxVersion }: ServerWish, port: number, at: At): string {
  return `daemon off; master_process off; pid ${at('nginx.pid')}; error_log ${at('nginx.log')};
events {}
http {
  access_log off;
  client_body_temp_path ${at('t1')}; proxy_temp_path ${at('t2')}; fastcgi_temp_path ${at('t3')};
  uwsgi_temp_path ${at('t4')}; scgi_temp_path ${at('t5')};
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${at('chain.pem')}; ssl_certificate_key ${at('key.pem')};
    ssl_protocols TLSv1.2${maxVersion === 'TLSv1.3' ? ' TLSv1.3' : ''}; ssl_ciphers DEFAULT@SECLEVEL=0;
    location / { return 200 "hello"; }
  }
}
`
}

function haproxyConfig(only12: boolean, port: number, at: At): string {
  return `global
  ssl-default-bind-ciphers DEFAULT@SECLEVEL=0
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend tls
  bind 127.0.0.1:${port} ssl crt ${at('both.pem')}${only12 ? ' ssl-max-ver TLSv1.2' : ''}
  http-request return status 200 content-type text/plain string hello
`
}

/** A proxy before the server that changes the shape of its records, and nothing else. */
async function reframed(server: RunningServer, framing: Framing): Promise<RunningServer> {
  const sockets = new Set<Socket>()
  const proxy = createTcp((client) => {
    const upstream = connect(server.port, '127.0.0.1')
    const reframer = new Reframer(framing)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('data', (bytes) => upstream.write(bytes))
    client.on('end', () => upstream.end())
    client.on('close', () => upstream.destroy())
    upstream.on('data', (bytes) => client.write(reframer.push(bytes)))
    upstream.on('end', () => client.end())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await server.stop()
    },
  }
}
