import type {
  HttpsListenerFile,
  HttpsUpstreamFile,
  ListenerFile,
  MqttListenerFile,
  MqttUpstreamFile,
} from '../gateway/config-schema.ts'
import { type GatewayConfig, listenAddress, routesInOrder } from '../gateway/gateway-config.ts'
import {
  type EmitFiles,
  type Emitted,
  hostPort,
  Lines,
  oneLine,
  partsOf,
  preamble,
  suitesOf,
} from './emitted.ts'

/**
 * HAProxy 2.6 and later. Records: `tune.ssl.hard-maxrecord` (2.6); `tune.ssl.maxrecord` lets them grow in mid-download
 * (docs.haproxy.org, configuration manual §3.2).
 */
export function emitHaproxy(config: GatewayConfig, files: EmitFiles): Emitted {
  const cannot = limitsOf(config)
  const lines = new Lines('    ')
  preamble(lines, 'HAProxy', config, cannot)
  const records = Math.min(...config.listeners.map(({ maxRecordBytes }) => maxRecordBytes))
  lines.block('global', () => {
    lines.add(
      `tune.ssl.hard-maxrecord ${records}`,
      'tune.ssl.default-dh-param 2048',
      'ssl-default-server-options ssl-min-ver TLSv1.2',
    )
  })
  lines.add('').block('defaults', () => {
    lines.add('timeout connect 10s', 'timeout client 2m', 'timeout server 2m', 'timeout http-keep-alive 2m')
  })
  for (const listener of config.listeners) {
    lines.add('')
    if (listener.protocol === 'https') writeHttps(lines, listener, config, files)
    else writeMqtts(lines, listener, config, files)
  }
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    if (upstream.protocol === 'https') writeBackend(lines.add(''), name, upstream, files)
  }
  return { text: lines.toString(), cannot }
}

function limitsOf({ listeners, upstreams }: GatewayConfig): string[] {
  const cannot: string[] = []
  const caps = new Set(listeners.map(({ maxRecordBytes }) => maxRecordBytes))
  if (caps.size > 1) {
    cannot.push(
      `HAProxy has one bound of records for all listeners; the smallest, ${Math.min(...caps)} B, is taken`,
    )
  }
  for (const { name, devices } of listeners) {
    if (devices.length === 0) continue
    cannot.push(
      `${name}: nobody asks whether ${devices.join(', ')} take the chain; tlsfit check says it (the command was printed with this file)`,
    )
  }
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (upstream.protocol === 'mqtts') {
      if (upstream.identities.length > 0) {
        cannot.push(
          `${name}: HAProxy does not rewrite MQTT, so devices cannot be given identities; it is left out`,
        )
      }
      continue
    }
    const { credentials, redirectHosts, sha256, cache } = upstream
    if (credentials?.sharedKey || credentials?.sigv4) {
      cannot.push(`${name}: HAProxy cannot sign requests; its routes answer 501`)
    }
    if (redirectHosts.length > 0) cannot.push(`${name}: redirects go to the device; HAProxy follows none`)
    if (cache) cannot.push(`${name}: whole firmware is not cached; HAProxy caches small objects only`)
    if (Object.keys(sha256).length > 0) cannot.push(`${name}: files are not compared with their SHA-256`)
  }
  return cannot
}

function writeBind(lines: Lines, listener: ListenerFile, files: EmitFiles): void {
  const { ecdsa, rsa, clientCa } = files.identities.get(listener.name) ?? {}
  const { tls, clientCertificates } = listener
  const min = tls.min ?? 'TLSv1.2'
  const old = min === 'TLSv1' || min === 'TLSv1.1'
  const words = [
    'ssl',
    ...[ecdsa, rsa].flatMap((one) => (one === undefined ? [] : ['crt', quote(one.both)])),
    'ssl-min-ver',
    min === 'TLSv1' ? 'TLSv1.0' : min,
    'ssl-max-ver',
    tls.max ?? 'TLSv1.3',
    'ciphers',
    `${suitesOf(tls.oldSuites ?? false)}${old ? ':@SECLEVEL=0' : ''}`,
  ]
  if (clientCertificates !== undefined && clientCa !== undefined) {
    words.push('ca-file', quote(clientCa), 'verify', clientCertificates.ask)
  }
  for (const address of listener.listen) {
    const { host, port } = listenAddress(address)
    // HAProxy takes an IPv6 address without brackets.
    const v6 = host.includes(':') ? ' v6only' : ''
    lines.add(`bind ${host}:${port}${v6} ${words.join(' ')}`)
  }
  lines.add(`maxconn ${listener.limits.connections ?? 20_000}`)
}

function writeHttps(
  lines: Lines,
  listener: HttpsListenerFile,
  config: GatewayConfig,
  files: EmitFiles,
): void {
  const { limits } = listener
  lines.block(`frontend ${listener.name}`, () => {
    lines.add('mode http')
    writeBind(lines, listener, files)
    lines.add(
      `timeout http-request ${Math.ceil(limits.headSeconds ?? 30)}s`,
      `timeout http-keep-alive ${Math.ceil(limits.idleSeconds ?? 120)}s`,
      'http-request deny deny_status 400 if { path -m sub .. }',
    )
    if (listener.responseHead === 'minimal') {
      for (const field of [
        'server',
        'date',
        'x-',
        'cache-control',
        'vary',
        'accept-ranges',
        'last-modified',
      ]) {
        lines.add(`http-response del-header ${field}${field === 'x-' ? ' -m beg' : ''}`)
      }
    }
    for (const [at, { host, path, to, upstream }] of routesInOrder(listener.routes).entries()) {
      const { path: base } = partsOf((config.upstreams[upstream] as HttpsUpstreamFile).url)
      const bare = path.replace(/\*$/, '')
      const match = path.endsWith('*') ? `{ path_beg ${quote(bare)} }` : `{ path ${quote(path)} }`
      const name = host === undefined ? '' : ` { req.hdr(host),field(1,:) -i ${quote(host)} }`
      lines.add(`http-request set-var(txn.route) int(${at}) if !{ var(txn.route) -m found } ${match}${name}`)
      const chosen = `if { var(txn.route) -m int ${at} }`
      writeReadPaths(lines, config.upstreams[upstream] as HttpsUpstreamFile, chosen)
      const target = `${base}${to ?? bare}`
      // What matches is replaced as a whole.
      const [from, rest] = path.endsWith('*') ? [`^${regex(bare)}(.*)$`, '\\1'] : [`^${regex(bare)}$`, '']
      if (target !== bare) {
        lines.add(
          `http-request replace-path '${from.replaceAll("'", '.')}' '${target.replaceAll("'", '%27')}${rest}' ${chosen}`,
        )
      }
      lines.add(`use_backend ${upstream} ${chosen}`)
    }
    lines.add('http-request deny deny_status 404 unless { var(txn.route) -m found }')
  })
}

/** With credentials of the proxy only what is listed may be read, and nothing be asked for by a query. */
function writeReadPaths(lines: Lines, { credentials, readPaths }: HttpsUpstreamFile, chosen: string): void {
  if (readPaths !== undefined) {
    const none = readPaths.map((one) =>
      one.endsWith('*') ? `!{ path_beg ${quote(one.slice(0, -1))} }` : `!{ path ${quote(one)} }`,
    )
    lines.add(`http-request deny deny_status 403 ${chosen} ${none.join(' ')}`)
  }
  if (credentials !== undefined && credentials.headers === undefined) {
    lines.add(`http-request deny deny_status 403 ${chosen} { query -m found } !{ query -m len 0 }`)
  }
}

function writeBackend(lines: Lines, name: string, upstream: HttpsUpstreamFile, files: EmitFiles): void {
  const { credentials, writeMethods, timeoutSeconds } = upstream
  lines.block(`backend ${name}`, () => {
    lines.add('mode http', `timeout server ${Math.ceil(timeoutSeconds)}s`)
    if (credentials?.sharedKey || credentials?.sigv4) {
      lines.add('http-request deny deny_status 501')
      return
    }
    const methods = ['GET', 'HEAD', ...(credentials === undefined ? writeMethods : [])]
    lines.add(`http-request deny deny_status 405 unless { method ${methods.join(' ')} }`)
    const { host, port } = partsOf(upstream.url)
    lines.add(`http-request set-header Host ${quote(port === 443 ? host : hostPort(host, port))}`)
    if (credentials !== undefined) lines.add('http-request del-header Authorization')
    if (credentials?.sas) {
      lines.comment(`The query string of the SAS stands in the environment as ${variable(name)}_SAS.`)
      lines.add(`http-request set-query %[env(${variable(name)}_SAS)]`)
    }
    for (const header of Object.keys(credentials?.headers ?? {})) {
      const place = `${variable(name)}_${variable(header)}`
      lines.comment(`The value of ${header} stands in the environment as ${place}.`)
      lines.add(`http-request set-header ${quote(header)} %[env(${place})]`)
    }
    lines.add(serverLine(name, upstream, files))
  })
}

function writeMqtts(lines: Lines, listener: MqttListenerFile, config: GatewayConfig, files: EmitFiles): void {
  const upstream = config.upstreams[listener.upstream] as MqttUpstreamFile
  // Passing devices through under no name of their own would open the broker to all of them.
  if (upstream.identities.length > 0) return
  lines.block(`listen ${listener.name}`, () => {
    lines.add('mode tcp')
    writeBind(lines, listener, files)
    lines.add('timeout client 1h', 'timeout server 1h')
    const alpn = upstream.alpn.length > 0 ? ` alpn ${quote(upstream.alpn.join(','))}` : ''
    lines.add(`${serverLine(listener.upstream, upstream, files)}${alpn}`)
  })
}

function serverLine(name: string, upstream: HttpsUpstreamFile | MqttUpstreamFile, files: EmitFiles): string {
  const { host, port } = partsOf(upstream.url)
  const at = upstream.connect === undefined ? { host, port } : listenAddress(upstream.connect)
  const roots = files.upstreamRoots.get(name) ?? files.publicRoots
  return `server ${name} ${at.host}:${at.port} ssl verify required ca-file ${quote(roots)} sni str(${host}) verifyhost ${host} init-addr last,libc,none`
}

function variable(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_')
}

/** A word of HAProxy: its special characters escaped. */
function quote(text: string): string {
  return oneLine(text).replace(/[\s\\"'#$]/g, '\\$&')
}

function regex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
