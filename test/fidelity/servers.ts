import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer as createTls, type TlsOptions } from 'node:tls'
import { peer } from '../support/peer.ts'
import { freePort, startPeer } from '../support/peer-process.ts'
import { type Framing, startReframeProxy } from './reframe-proxy.ts'

/** Real servers on loopback, each with its own TLS library and its own way of cutting records. */
export const serverKinds = ['node', 'openssl', 'nginx', 'haproxy', 'gnutls'] as const
export type ServerKind = (typeof serverKinds)[number]

export interface ServerKnobs {
  readonly maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Handshake records of another shape than the server's own; what is sealed stays as it is. */
  readonly framing?: Framing
  /** Largest record that the server makes, in the handshake too; `openssl` only. */
  readonly maxSendFragment?: number
  /** Largest data record: nginx `ssl_buffer_size`, HAProxy `tune.ssl.maxrecord`, Node after the handshake. */
  readonly dataRecordBytes?: number
  /** Body of every answer; `node`, `nginx` and `haproxy`. */
  readonly bodyBytes?: number
  /** TLS 1.2 suites in OpenSSL's names; `node` only, as what follows. */
  readonly suites?: string
  readonly groups?: string
  readonly signatureSchemes?: string
  readonly clientCertificate?: 'wanted' | 'required'
}

export interface ServerWish extends ServerKnobs {
  /** PEM, leaf first. */
  readonly chain: readonly string[]
  readonly key: string
}

export interface RunningServer {
  readonly port: number
  stop(): Promise<void>
}

/** Whether its program is installed; throws under `CI=true` where it is not. */
export function isThere(kind: ServerKind): boolean {
  return kind === 'node' || peer(kind === 'gnutls' ? 'gnutls-serv' : kind) !== undefined
}

/** `folder` is the server's own, for its files. Rejects when the server does not take its chain or key. */
export async function startServer(
  kind: ServerKind,
  wish: ServerWish,
  folder: string,
): Promise<RunningServer> {
  const server = kind === 'node' ? await startNode(wish) : await startProgram(kind, wish, folder)
  if (wish.framing === undefined) return server
  const proxy = await startReframeProxy(server.port, wish.framing)
  return { port: proxy.port, stop: () => Promise.all([proxy.stop(), server.stop()]).then(() => {}) }
}

/** What servers refuse by themselves is not what is tested: small keys and old hashes pass. */
const anySecurity = 'DEFAULT@SECLEVEL=0'
const withWeak = 'ALL:@SECLEVEL=0'

async function startNode(wish: ServerWish): Promise<RunningServer> {
  const { bodyBytes = 4, dataRecordBytes } = wish
  const body = Buffer.alloc(bodyBytes, 'x')
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  const server = createTls(nodeOptions(wish), (socket) => {
    socket.on('error', () => {})
    if (dataRecordBytes !== undefined) socket.setMaxSendFragment(dataRecordBytes)
    // One write, so that head and body share records as a small answer's do.
    socket.once('data', () => socket.end(Buffer.concat([Buffer.from(head), body])))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, stop: async () => void server.close() }
}

function nodeOptions(wish: ServerWish): TlsOptions {
  const { chain, key, maxVersion, minVersion, suites, groups, signatureSchemes, clientCertificate } = wish
  return {
    cert: chain.join(''),
    key,
    maxVersion,
    minVersion: minVersion ?? 'TLSv1',
    ciphers: suites === undefined ? anySecurity : `${suites}:@SECLEVEL=0`,
    ...(groups === undefined ? {} : { ecdhCurve: groups }),
    ...(signatureSchemes === undefined ? {} : { sigalgs: signatureSchemes }),
    requestCert: clientCertificate !== undefined,
    rejectUnauthorized: clientCertificate === 'required',
  }
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
  writeFileSync(at('openssl.cnf'), opensslConfig)
  writeFileSync(at('body'), 'x'.repeat(wish.bodyBytes ?? 4))
  const program = peer(kind === 'gnutls' ? 'gnutls-serv' : kind)
  if (program === undefined) throw new Error(`${kind} is missing: npm run peers`)
  const args = argumentsOf(kind, wish, port, at)
  return startPeer('env', [`OPENSSL_CONF=${at('openssl.cnf')}`, program, ...args], port)
}

const opensslConfig = `openssl_conf = all
[all]
ssl_conf = modules
[modules]
system_default = tls
[tls]
CipherString = ${withWeak}
MinProtocol = TLSv1
`

type At = (name: string) => string

function argumentsOf(kind: Exclude<ServerKind, 'node'>, wish: ServerWish, port: number, at: At): string[] {
  const only12 = wish.maxVersion === 'TLSv1.2'
  switch (kind) {
    case 'openssl':
      return [
        ...['s_server', '-accept', `127.0.0.1:${port}`, '-cert', at('leaf.pem'), '-key', at('key.pem')],
        ...(wish.chain.length > 1 ? ['-cert_chain', at('rest.pem')] : []),
        ...(only12 ? ['-no_tls1_3'] : []),
        ...(wish.maxSendFragment === undefined ? [] : ['-max_send_frag', String(wish.maxSendFragment)]),
        ...['-cipher', anySecurity, '-www', '-quiet'],
      ]
    case 'nginx':
      writeFileSync(at('nginx.conf'), nginxConfig(wish, port, at))
      return ['-c', at('nginx.conf'), '-e', at('nginx.log')]
    case 'haproxy':
      writeFileSync(at('haproxy.cfg'), haproxyConfig(wish, port, at))
      return ['-db', '-f', at('haproxy.cfg')]
    case 'gnutls':
      return [
        ...['--port', String(port), '--x509certfile', at('chain.pem'), '--x509keyfile', at('key.pem')],
        ...['--priority', `NORMAL:%VERIFY_ALLOW_BROKEN${only12 ? ':-VERS-TLS1.3' : ''}`, '--http', '--quiet'],
      ]
  }
}

function nginxConfig({ maxVersion, dataRecordBytes }: ServerWish, port: number, at: At): string {
  const buffer = dataRecordBytes === undefined ? '' : `ssl_buffer_size ${dataRecordBytes};`
  return `daemon off; master_process off; pid ${at('nginx.pid')}; error_log ${at('nginx.log')};
events {}
http {
  access_log off;
  client_body_temp_path ${at('t1')}; proxy_temp_path ${at('t2')}; fastcgi_temp_path ${at('t3')};
  uwsgi_temp_path ${at('t4')}; scgi_temp_path ${at('t5')};
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${at('chain.pem')}; ssl_certificate_key ${at('key.pem')};
    ssl_protocols TLSv1.2${maxVersion === 'TLSv1.3' ? ' TLSv1.3' : ''}; ssl_ciphers ${anySecurity}; ${buffer}
    location / { root ${at('')}; try_files /body =404; }
  }
}
`
}

function haproxyConfig({ maxVersion, dataRecordBytes }: ServerWish, port: number, at: At): string {
  const records = dataRecordBytes === undefined ? '' : `tune.ssl.maxrecord ${dataRecordBytes}`
  return `global
  ssl-default-bind-ciphers ${anySecurity}
  tune.bufsize 131072
  ${records}
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend tls
  bind 127.0.0.1:${port} ssl crt ${at('both.pem')}${maxVersion === 'TLSv1.2' ? ' ssl-max-ver TLSv1.2' : ''}
  http-request return status 200 content-type text/plain file ${at('body')}
`
}
