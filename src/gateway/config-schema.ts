import * as v from 'valibot'
import { count, oneOf, secretPlace as secret, text } from '../device/file-parts.ts'

/** `gateway.yaml` as people write it. What it means is `gateway-config.ts`. */

const path = text
const name = v.pipe(text, v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'write a name of a-z, 0-9 and -'))
const seconds = v.pipe(v.number(), v.minValue(0.1, 'write 0.1 or more'), v.maxValue(86_400, 'a day at most'))
const listenAddress = v.pipe(
  text,
  v.regex(
    /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/,
    'write address:port, such as 0.0.0.0:8443 or [::]:8443',
  ),
)
const identityFiles = v.strictObject({ chain: path, key: path })

const certificate = oneOf({
  own: v.optional(
    v.strictObject({
      names: v.pipe(v.array(text), v.minLength(1, 'name at least one host')),
      rsa: v.optional(v.boolean(), false),
    }),
  ),
  files: v.optional(v.strictObject({ ecdsa: v.optional(identityFiles), rsa: v.optional(identityFiles) })),
  acme: v.optional(
    v.strictObject({
      directory: v.pipe(text, v.regex(/^https:\/\//, 'write an https:// URL')),
      names: v.pipe(v.array(text), v.minLength(1, 'name at least one host')),
      email: v.optional(text),
      /** Where the http-01 challenge is answered. */
      challengeListen: v.optional(listenAddress, '[::]:80'),
      /** Roots for the directory's own TLS, where it is a private one. */
      ca: v.optional(path),
      rsa: v.optional(v.boolean(), false),
    }),
  ),
})

const clientCertificates = v.strictObject({
  ask: v.picklist(['optional', 'required'], 'write optional or required'),
  ca: path,
})

const tls = v.strictObject({
  min: v.optional(v.picklist(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']), 'TLSv1.2'),
  max: v.optional(v.picklist(['TLSv1.2', 'TLSv1.3']), 'TLSv1.3'),
  oldSuites: v.optional(v.boolean(), false),
})

const limits = v.strictObject({
  connections: v.optional(count, 20_000),
  perAddress: v.optional(count),
  handshakeSeconds: v.optional(seconds, 30),
  headSeconds: v.optional(seconds, 30),
  idleSeconds: v.optional(seconds, 120),
  /** A client that takes fewer bytes than this in `stallSeconds` is closed. */
  stallSeconds: v.optional(seconds, 60),
})

const route = v.strictObject({
  /** Host of the request; any, where it is left out. */
  host: v.optional(text),
  /** `/a/b` for one path, or one ending in a star for all that begin so. */
  path: v.pipe(text, v.regex(/^\/[^?#*\u0000-\u001f\u007f]*\*?$/, 'write a path such as /firmware/*')),
  upstream: name,
  /** What the part of the path before the star becomes upstream; unchanged, where it is left out. */
  to: v.optional(v.pipe(text, v.regex(/^\/[^?#*\u0000-\u001f\u007f]*$/, 'write a path without a star'))),
})

const listenerParts = {
  name,
  listen: v.pipe(v.array(listenAddress), v.minLength(1, 'name at least one address')),
  certificate,
  devices: v.optional(v.array(text), []),
  /** PEM or DER files, or ids of public roots. */
  anchorsHeld: v.optional(v.array(text)),
  maxRecordBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(512), v.maxValue(16_384)), 1_024),
  tls: v.optional(tls, {}),
  clientCertificates: v.optional(clientCertificates),
  limits: v.optional(limits, {}),
}

const listener = v.variant('protocol', [
  v.strictObject({
    ...listenerParts,
    protocol: v.literal('https'),
    /** `minimal`: only the fields that a device needs. */
    responseHead: v.optional(v.picklist(['minimal', 'full']), 'minimal'),
    routes: v.pipe(v.array(route), v.minLength(1, 'name at least one route')),
  }),
  v.strictObject({ ...listenerParts, protocol: v.literal('mqtts'), upstream: name }),
])

/** Of the gateway; left out, the device's own go through. */
const credentials = oneOf({
  /** Query string of an Azure SAS. */
  sas: v.optional(secret),
  sharedKey: v.optional(v.strictObject({ account: text, key: secret })),
  sigv4: v.optional(
    v.strictObject({
      region: text,
      accessKeyId: secret,
      secretAccessKey: secret,
      sessionToken: v.optional(secret),
    }),
  ),
  headers: v.optional(v.record(text, secret)),
})

const pathPattern = v.pipe(
  text,
  v.regex(/^\/[^?#*\u0000-\u001f\u007f]*\*?$/, 'write a path such as /firmware/*'),
)

const upstreamParts = {
  /** Where TCP goes, if not to the URL's own host and port. */
  connect: v.optional(listenAddress),
  /** Roots besides the public ones. */
  ca: v.optional(path),
}

const httpsUpstream = v.strictObject({
  protocol: v.literal('https'),
  ...upstreamParts,
  url: v.pipe(
    text,
    v.regex(
      /^https:\/\/(?:[\p{L}\p{M}\p{N}._-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?(?:\/[^\s@?#]*)?$/u,
      'write an https:// URL without user, query or fragment',
    ),
  ),
  credentials: v.optional(credentials),
  /** With credentials of the gateway: what GET and HEAD may read, by the paths that devices ask for. */
  readPaths: v.optional(v.array(pathPattern)),
  /** Methods besides GET and HEAD: of devices with their own credentials, or with a verified client certificate. */
  writeMethods: v.optional(v.array(v.picklist(['POST', 'PUT', 'PATCH', 'DELETE', 'MERGE'])), []),
  writePaths: v.optional(v.array(pathPattern), []),
  /** Hosts that redirects may lead to; `*.` stands for one label or more. */
  redirectHosts: v.optional(v.array(text), []),
  timeoutSeconds: v.optional(seconds, 30),
  cache: v.optional(v.boolean(), false),
  /** SHA-256 of a whole file, by its path upstream. */
  sha256: v.optional(v.record(text, v.pipe(text, v.regex(/^[0-9a-fA-F]{64}$/, 'write 64 hex digits'))), {}),
})

const mqttUpstream = v.strictObject({
  protocol: v.literal('mqtts'),
  ...upstreamParts,
  url: v.pipe(
    text,
    v.regex(
      /^mqtts:\/\/(?:[\p{L}\p{M}\p{N}._-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/u,
      'write mqtts://host or mqtts://host:port',
    ),
  ),
  alpn: v.optional(v.array(text), []),
  /**
   * A verified client certificate's common name, and who it is upstream. `*` stands for any name. Without a row, the
   * device's CONNECT goes on as it is.
   */
  identities: v.optional(
    v.array(
      v.strictObject({
        commonName: text,
        certificate: v.optional(identityFiles),
        username: v.optional(text),
        password: v.optional(secret),
        /** A CONNECT with another client id is refused. In it and in `username`, `{commonName}` stands for the name. */
        clientId: v.optional(text),
      }),
    ),
    [],
  ),
  timeoutSeconds: v.optional(seconds, 30),
})

export const gatewayFile = v.strictObject({
  /** Folder of what the gateway keeps: its CA, ACME accounts. Beside the file, where it is not absolute. */
  state: v.optional(path, './gateway-state'),
  listeners: v.pipe(v.array(listener), v.minLength(1, 'name at least one listener')),
  upstreams: v.record(name, v.variant('protocol', [httpsUpstream, mqttUpstream])),
  cache: v.optional(
    v.strictObject({
      folder: path,
      maxBytes: v.optional(count, 2_147_483_648),
      /** Serve what is in the cache while the upstream cannot be reached. */
      staleIfUnreachable: v.optional(v.boolean(), false),
    }),
  ),
  workers: v.optional(v.union([count, v.literal('auto')]), 1),
  operations: v.optional(
    v.strictObject({
      listen: v.optional(listenAddress, '127.0.0.1:9464'),
      log: v.optional(v.picklist(['json', 'text']), 'json'),
      ticketKeyHours: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(168)), 12),
    }),
  ),
})

export type GatewayFile = v.InferOutput<typeof gatewayFile>
export type ListenerFile = GatewayFile['listeners'][number]
export type HttpsListenerFile = Extract<ListenerFile, { readonly protocol: 'https' }>
export type MqttListenerFile = Extract<ListenerFile, { readonly protocol: 'mqtts' }>
export type HttpsUpstreamFile = v.InferOutput<typeof httpsUpstream>
export type MqttUpstreamFile = v.InferOutput<typeof mqttUpstream>
