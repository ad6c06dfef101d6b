import type {
  HttpsListenerFile,
  HttpsUpstreamFile,
  ListenerFile,
  MqttListenerFile,
  MqttUpstreamFile,
} from '../gateway/config-schema.ts'
import { type GatewayConfig, listenAddress } from '../gateway/gateway-config.ts'
import {
  type EmitFiles,
  type Emitted,
  hostPort,
  Lines,
  type ListenerFiles,
  oneLine,
  partsOf,
  preamble,
  suitesOf,
} from './emitted.ts'

/**
 * nginx 1.22 and later. Records: `ssl_buffer_size` bounds what one SSL_write takes, and so a record
 * (nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_buffer_size).
 */
export function emitNginx(config: GatewayConfig, files: EmitFiles): Emitted {
  const cannot = limitsOf(config)
  const lines = new Lines('    ')
  preamble(lines, 'nginx', config, cannot)
  const https = config.listeners.filter((one) => one.protocol === 'https')
  const mqtts = config.listeners.filter((one) => one.protocol === 'mqtts')
  lines.add('worker_processes auto;')
  if (mqtts.length > 0) lines.add('include /etc/nginx/modules-enabled/*.conf; # the stream module')
  lines.block('events {', () => lines.add('worker_connections 4096;'), '}')
  if (https.length > 0) {
    lines.block(
      'http {',
      () => {
        lines.add('server_tokens off;', 'access_log off;', 'gzip off;')
        writeCache(lines, config)
        for (const listener of https) writeHttps(lines, listener, config, files)
      },
      '}',
    )
  }
  if (mqtts.length > 0) {
    lines.block(
      'stream {',
      () => {
        for (const listener of mqtts) writeMqtts(lines, listener, config, files)
      },
      '}',
    )
  }
  return { text: lines.toString(), cannot }
}

function limitsOf({ listeners, upstreams }: GatewayConfig): string[] {
  const cannot: string[] = []
  for (const listener of listeners) {
    const { name, devices, protocol } = listener
    if (devices.length > 0) {
      cannot.push(
        `${name}: nobody asks whether ${devices.join(', ')} take the chain; tlsfit check says it (the command was printed with this file)`,
      )
    }
    if (protocol === 'https' && listener.responseHead === 'minimal') {
      cannot.push(`${name}: nginx always sends Server, Date and Connection, about 120 B more in a head`)
    }
    if (protocol === 'mqtts') {
      cannot.push(
        `${name}: nginx has no bound for records of a TCP stream; the broker's own packets bound them, up to 16,384 B`,
      )
    }
  }
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (upstream.protocol === 'mqtts') {
      if (upstream.alpn.length > 0) cannot.push(`${name}: nginx cannot send ALPN to an upstream`)
      if (upstream.identities.length > 0) {
        cannot.push(
          `${name}: nginx does not read MQTT, so devices cannot be given identities; it is left out`,
        )
      }
      continue
    }
    const { credentials, redirectHosts, sha256 } = upstream
    if (credentials?.sharedKey || credentials?.sigv4) {
      cannot.push(`${name}: nginx cannot sign requests; its routes answer 501`)
    }
    if (redirectHosts.length > 0)
      cannot.push(`${name}: redirects go to the device; nginx follows none safely`)
    if (Object.keys(sha256).length > 0) cannot.push(`${name}: files are not compared with their SHA-256`)
  }
  return cannot
}

function writeCache(lines: Lines, { cache }: GatewayConfig): void {
  if (cache === undefined) return
  const size = `max_size=${Math.ceil(cache.maxBytes / 1_048_576)}m`
  lines.add(
    `proxy_cache_path ${quote(`${cache.folder}/nginx`)} levels=1:2 keys_zone=firmware:10m ${size} inactive=30d use_temp_path=off;`,
  )
}

function writeTls(lines: Lines, listener: ListenerFile, files: EmitFiles): void {
  const { tls, limits } = listener
  const { ecdsa, rsa, clientCa } = files.identities.get(listener.name) ?? ({} as ListenerFiles)
  for (const identity of [ecdsa, rsa]) {
    if (identity === undefined) continue
    lines.add(`ssl_certificate ${quote(identity.chain)};`, `ssl_certificate_key ${quote(identity.key)};`)
  }
  const all = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
  const versions = all.slice(all.indexOf(tls.min ?? 'TLSv1.2'), all.indexOf(tls.max ?? 'TLSv1.3') + 1)
  // OpenSSL 3 takes SHA-1 in the signatures of TLS 1.0 and 1.1 at level 0 only.
  const level = versions.includes('TLSv1') || versions.includes('TLSv1.1') ? ':@SECLEVEL=0' : ''
  lines.add(
    `ssl_protocols ${versions.join(' ')};`,
    `ssl_ciphers ${suitesOf(tls.oldSuites ?? false)}${level};`,
    'ssl_prefer_server_ciphers on;',
    `ssl_session_cache shared:${listener.name.replaceAll('-', '_')}:10m;`,
    'ssl_session_timeout 12h;',
  )
  const { clientCertificates } = listener
  if (clientCertificates !== undefined && clientCa !== undefined) {
    lines.add(
      `ssl_client_certificate ${quote(clientCa)};`,
      `ssl_verify_client ${clientCertificates.ask === 'required' ? 'on' : 'optional'};`,
    )
  }
  if (listener.protocol === 'https') {
    lines.add(
      `ssl_buffer_size ${listener.maxRecordBytes};`,
      `client_header_timeout ${Math.ceil(limits.headSeconds ?? 30)}s;`,
      `keepalive_timeout ${Math.ceil(limits.idleSeconds ?? 120)}s;`,
      'keepalive_requests 100000;',
      `send_timeout ${Math.ceil(limits.stallSeconds ?? 60)}s;`,
    )
  }
}

function writeHttps(
  lines: Lines,
  listener: HttpsListenerFile,
  config: GatewayConfig,
  files: EmitFiles,
): void {
  const hosts = [...new Set(listener.routes.map(({ host }) => host))]
  for (const host of hosts) {
    lines.block(
      'server {',
      () => {
        for (const address of listener.listen) {
          const { host: at, port } = listenAddress(address)
          const v6 = at.includes(':') ? ' ipv6only=on' : ''
          const usual = host === undefined || hosts.length === 1 ? ' default_server' : ''
          // Socket options may stand once for an address.
          lines.add(`listen ${hostPort(at, port)} ssl${usual}${host === hosts[0] ? v6 : ''};`)
        }
        lines.add(`server_name ${host === undefined ? '_' : quote(host)};`)
        writeTls(lines, listener, files)
        for (const route of listener.routes.filter((one) => one.host === host)) {
          writeRoute(lines, route, config, files)
        }
        lines.add('location / { return 404; }')
      },
      '}',
    )
  }
}

function writeRoute(
  lines: Lines,
  route: HttpsListenerFile['routes'][number],
  { upstreams, cache }: GatewayConfig,
  files: EmitFiles,
): void {
  const { path, upstream: name } = route
  const upstream = upstreams[name] as HttpsUpstreamFile
  const { credentials } = upstream
  if (path === '/*') lines.comment('every other path')
  const place = path.endsWith('*') ? `^~ ${quote(path.slice(0, -1))}` : `= ${quote(path)}`
  lines.block(
    `location ${place} {`,
    () => {
      if (credentials?.sharedKey || credentials?.sigv4) {
        lines.add('return 501;')
        return
      }
      writeReadPaths(lines, upstream)
      const { host, port } = partsOf(upstream.url)
      const methods = ['GET', ...(credentials === undefined ? upstream.writeMethods : [])]
      lines.block(`limit_except ${methods.join(' ')} {`, () => lines.add('deny all;'), '}')
      writeTarget(lines, route, upstream, files)
      lines.add(
        `proxy_set_header Host ${quote(port === 443 ? host : hostPort(host, port))};`,
        'proxy_set_header Connection "";',
        'proxy_http_version 1.1;',
      )
      writeUpstreamTls(lines, host, name, files)
      lines.add(`proxy_read_timeout ${Math.ceil(upstream.timeoutSeconds)}s;`)
      if (credentials !== undefined) writeHeaders(lines, name, credentials, files)
      if (upstream.cache && cache !== undefined && credentials !== undefined) writeSlices(lines, name, cache)
      else lines.add('proxy_force_ranges off;')
      lines.add('proxy_redirect off;')
    },
    '}',
  )
}

/** Where a route leads; with a SAS, whose query string is no part of what is written. */
function writeTarget(
  lines: Lines,
  { path, to, upstream: name }: HttpsListenerFile['routes'][number],
  upstream: HttpsUpstreamFile,
  files: EmitFiles,
): void {
  const { host, port, path: base } = partsOf(upstream.url)
  const at = upstream.connect ?? hostPort(host, port)
  const target = `${base}${to ?? path.replace(/\*$/, '')}`
  if (!upstream.credentials?.sas) {
    lines.add(`proxy_pass https://${at}${quotePath(target)};`)
    return
  }
  const isPrefix = path.endsWith('*')
  const pattern = isPrefix ? `^${regex(path.slice(0, -1))}(.*)$` : `^${regex(path)}$`
  const query = `$sas_${variable(name)}`
  lines.add(
    `# set ${query} "sv=…&sig=…"; the query string of the SAS, in a file of yours:`,
    `include ${quote(`${files.folder}/${name}-sas.conf`)};`,
    `rewrite ${quote(pattern)} ${quote(`${target}${isPrefix ? '$1' : ''}?${query}`)} break;`,
    `proxy_pass https://${at};`,
  )
}

/** The server of an upstream is held to its name and to the roots of the upstream. */
function writeUpstreamTls(lines: Lines, host: string, name: string, files: EmitFiles): void {
  lines.add(
    'proxy_ssl_server_name on;',
    `proxy_ssl_name ${quote(host)};`,
    'proxy_ssl_verify on;',
    'proxy_ssl_verify_depth 5;',
    'proxy_ssl_protocols TLSv1.2 TLSv1.3;',
    `proxy_ssl_trusted_certificate ${quote(files.upstreamRoots.get(name) ?? files.publicRoots)};`,
  )
}

/** Headers that are secret stand in a file of its own; what a device sends as its authorization goes no further. */
function writeHeaders(
  lines: Lines,
  name: string,
  { headers }: NonNullable<HttpsUpstreamFile['credentials']>,
  files: EmitFiles,
): void {
  lines.add('proxy_set_header Authorization "";')
  if (headers === undefined) return
  for (const header of Object.keys(headers)) {
    lines.add(`# proxy_set_header ${oneLine(header)} "…"; in a file of yours:`)
  }
  lines.add(`include ${quote(`${files.folder}/${name}-headers.conf`)};`)
}

/** A file is fetched and kept by slices, whatever ranges devices ask for. */
function writeSlices(lines: Lines, name: string, cache: NonNullable<GatewayConfig['cache']>): void {
  lines.add(
    'slice 1m;',
    'proxy_set_header Range $slice_range;',
    'proxy_cache firmware;',
    `proxy_cache_key "${name} $uri $slice_range";`,
    'proxy_cache_valid 200 206 1h;',
    'proxy_cache_lock on;',
    'proxy_cache_revalidate on;',
    'add_header Accept-Ranges bytes;',
  )
  if (cache.staleIfUnreachable) {
    lines.add('proxy_cache_use_stale error timeout http_502 http_503 http_504;')
  }
}

/** With credentials of the proxy only what is listed may be read, and nothing be asked for by a query. */
function writeReadPaths(lines: Lines, { credentials, readPaths }: HttpsUpstreamFile): void {
  if (readPaths !== undefined) {
    const any = readPaths.map((one) => regex(one.replace(/\*$/, '')) + (one.endsWith('*') ? '' : '$'))
    lines.add(`if ($uri !~ ${quote(`^(?:${any.join('|')})`)}) { return 403; }`)
  }
  if (credentials !== undefined && credentials.headers === undefined)
    lines.add('if ($is_args) { return 403; }')
}

function writeMqtts(lines: Lines, listener: MqttListenerFile, config: GatewayConfig, files: EmitFiles): void {
  const upstream = config.upstreams[listener.upstream] as MqttUpstreamFile
  // Passing devices through under no name of their own would open the broker to all of them.
  if (upstream.identities.length > 0) return
  const { host, port } = partsOf(upstream.url)
  lines.block(
    'server {',
    () => {
      for (const address of listener.listen) {
        const { host: at, port: own } = listenAddress(address)
        lines.add(`listen ${hostPort(at, own)} ssl${at.includes(':') ? ' ipv6only=on' : ''};`)
      }
      writeTls(lines, listener, files)
      lines.add(
        `ssl_handshake_timeout ${Math.ceil(listener.limits.handshakeSeconds ?? 30)}s;`,
        `proxy_pass ${upstream.connect ?? hostPort(host, port)};`,
        'proxy_timeout 1h;',
        'proxy_ssl on;',
      )
      writeUpstreamTls(lines, host, listener.upstream, files)
    },
    '}',
  )
}

function variable(name: string): string {
  return name.replaceAll('-', '_')
}

/** A word of nginx: quoted, with what ends or expands it taken out of force. */
function quote(text: string): string {
  const clean = oneLine(text)
  return /^[A-Za-z0-9_./:@-]+$/.test(clean) ? clean : `"${clean.replace(/["\\]/g, '\\$&')}"`
}

function quotePath(path: string): string {
  return oneLine(path).replace(/[\s;{}"'\\$]/g, (char) => encodeURIComponent(char).replace("'", '%27'))
}

function regex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
