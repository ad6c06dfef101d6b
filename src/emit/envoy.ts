import { stringify } from 'yaml'
import type {
  HttpsListenerFile,
  HttpsUpstreamFile,
  ListenerFile,
  MqttUpstreamFile,
} from '../gateway/config-schema.ts'
import { type GatewayConfig, listenAddress, routesInOrder } from '../gateway/gateway-config.ts'
import { type EmitFiles, type Emitted, hostPort, Lines, partsOf, preamble, suitesOf } from './emitted.ts'

const types = 'type.googleapis.com/envoy'
const downstreamTls = `${types}.extensions.transport_sockets.tls.v3.DownstreamTlsContext`
const upstreamTls = `${types}.extensions.transport_sockets.tls.v3.UpstreamTlsContext`
const connectionManager = `${types}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`
const tcpProxy = `${types}.extensions.filters.network.tcp_proxy.v3.TcpProxy`
const router = `${types}.extensions.filters.http.router.v3.Router`

/** Envoy, static configuration of API v3. Nobody has started Envoy with it: none is to be had where the tests run. */
export function emitEnvoy(config: GatewayConfig, files: EmitFiles): Emitted {
  const cannot = limitsOf(config)
  const head = new Lines('  ')
  preamble(head, 'Envoy', config, cannot)
  const static_resources = {
    listeners: config.listeners.flatMap((listener) => listenersOf(listener, config, files)),
    clusters: Object.entries(config.upstreams).map(([name, upstream]) => clusterOf(name, upstream, files)),
  }
  return { text: `${head}${stringify({ static_resources }, { lineWidth: 110 })}`, cannot }
}

function limitsOf({ listeners, upstreams }: GatewayConfig): string[] {
  const cannot = ['this file is unproved: no Envoy was started with it; run tlsfit check against it first']
  const bound = Math.min(...listeners.map(({ maxRecordBytes }) => maxRecordBytes))
  cannot.push(`Envoy has no bound for TLS records: they can have 16,384 B where ${bound} B is asked for`)
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (upstream.protocol === 'mqtts') {
      if (upstream.identities.length > 0) {
        cannot.push(
          `${name}: Envoy does not rewrite MQTT, so devices cannot be given identities; it is left out`,
        )
      }
      continue
    }
    const { credentials, redirectHosts, sha256, cache } = upstream
    if (credentials !== undefined) {
      cannot.push(`${name}: no credentials are added; its routes answer 501`)
    }
    if (redirectHosts.length > 0) cannot.push(`${name}: redirects go to the device`)
    if (cache) cannot.push(`${name}: nothing is cached`)
    if (Object.keys(sha256).length > 0) cannot.push(`${name}: files are not compared with their SHA-256`)
  }
  return cannot
}

function listenersOf(listener: ListenerFile, config: GatewayConfig, files: EmitFiles): unknown[] {
  const upstream = config.upstreams[listener.protocol === 'mqtts' ? listener.upstream : '']
  if (upstream?.protocol === 'mqtts' && upstream.identities.length > 0) return []
  return listener.listen.map((address, at) => {
    const { host, port } = listenAddress(address)
    return {
      name: `${listener.name}-${at}`,
      address: { socket_address: { address: host, port_value: port } },
      filter_chains: [
        {
          transport_socket: {
            name: 'envoy.transport_sockets.tls',
            typed_config: { '@type': downstreamTls, ...downstreamOf(listener, files) },
          },
          filters: [
            listener.protocol === 'https'
              ? httpFilter(listener, config)
              : mqttFilter(listener.name, listener.upstream),
          ],
        },
      ],
    }
  })
}

const versionNames = {
  TLSv1: 'TLSv1_0',
  'TLSv1.1': 'TLSv1_1',
  'TLSv1.2': 'TLSv1_2',
  'TLSv1.3': 'TLSv1_3',
} as const

function downstreamOf(listener: ListenerFile, files: EmitFiles) {
  const { ecdsa, rsa, clientCa } = files.identities.get(listener.name) ?? {}
  const { tls, clientCertificates } = listener
  return {
    ...(clientCertificates && { require_client_certificate: clientCertificates.ask === 'required' }),
    common_tls_context: {
      tls_params: {
        tls_minimum_protocol_version: versionNames[tls.min ?? 'TLSv1.2'],
        tls_maximum_protocol_version: versionNames[tls.max ?? 'TLSv1.3'],
        cipher_suites: suitesOf(tls.oldSuites ?? false)
          .split(':')
          // BoringSSL has CBC with SHA-1 only.
          .filter((suite) => !/AES(128|256)-SHA(256|384)$/.test(suite)),
      },
      tls_certificates: [ecdsa, rsa].flatMap((one) =>
        one === undefined
          ? []
          : [{ certificate_chain: { filename: one.chain }, private_key: { filename: one.key } }],
      ),
      ...(clientCa !== undefined && {
        validation_context: { trusted_ca: { filename: clientCa } },
      }),
    },
  }
}

function httpFilter(listener: HttpsListenerFile, config: GatewayConfig) {
  const hosts = [...new Set(listener.routes.map(({ host }) => host))]
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': connectionManager,
      stat_prefix: listener.name,
      codec_type: 'HTTP1',
      normalize_path: true,
      merge_slashes: true,
      path_with_escaped_slashes_action: 'REJECT_REQUEST',
      request_headers_timeout: `${listener.limits.headSeconds ?? 30}s`,
      http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': router } }],
      route_config: {
        virtual_hosts: hosts.map((host, at) => ({
          name: `${listener.name}-${at}`,
          domains: host === undefined ? ['*'] : [host, `${host}:*`],
          routes: routesInOrder(
            listener.routes.filter((one) => one.host === host || one.host === undefined),
          ).flatMap(({ path, to, upstream: name }) =>
            routesOf({ path, to, name }, config.upstreams[name] as HttpsUpstreamFile),
          ),
        })),
      },
    },
  }
}

function routesOf(
  { path, to, name }: { path: string; to: string | undefined; name: string },
  upstream: HttpsUpstreamFile,
) {
  const bare = path.replace(/\*$/, '')
  const match = path.endsWith('*') ? { prefix: bare } : { path }
  if (upstream.credentials !== undefined) return [{ match, direct_response: { status: 501 } }]
  const { host, port, path: base } = partsOf(upstream.url)
  const methods = ['GET', 'HEAD', ...upstream.writeMethods].join('|')
  const target = `${base}${to ?? bare}`
  return [
    {
      match: {
        ...match,
        headers: [{ name: ':method', string_match: { safe_regex: { regex: methods } } }],
      },
      route: {
        cluster: name,
        timeout: '0s',
        idle_timeout: `${upstream.timeoutSeconds}s`,
        host_rewrite_literal: port === 443 ? host : hostPort(host, port),
        ...(target !== bare && { prefix_rewrite: target }),
      },
    },
    { match, direct_response: { status: 405 } },
  ]
}

function mqttFilter(name: string, cluster: string) {
  return {
    name: 'envoy.filters.network.tcp_proxy',
    typed_config: { '@type': tcpProxy, stat_prefix: name, cluster, idle_timeout: '3600s' },
  }
}

function clusterOf(name: string, upstream: HttpsUpstreamFile | MqttUpstreamFile, files: EmitFiles) {
  const { host, port } = partsOf(upstream.url)
  const at = upstream.connect === undefined ? { host, port } : listenAddress(upstream.connect)
  const alpn =
    upstream.protocol === 'mqtts' && upstream.alpn.length > 0 ? { alpn_protocols: upstream.alpn } : {}
  return {
    name,
    type: 'STRICT_DNS',
    connect_timeout: '10s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: at.host, port_value: at.port } } } },
          ],
        },
      ],
    },
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': upstreamTls,
        sni: host,
        common_tls_context: {
          ...alpn,
          validation_context: {
            trusted_ca: { filename: files.upstreamRoots.get(name) ?? files.publicRoots },
            match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: host } }],
          },
        },
      },
    },
  }
}
