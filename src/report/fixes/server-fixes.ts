import type { FixId } from '../../finding/fix.ts'
import { deviceWord } from '../device-word.ts'
import { shellWord } from '../escape.ts'
import { formatNumber } from '../units.ts'
import {
  anchorWords,
  certificateBeside,
  endingAt,
  requestCommands,
  smallestPublic,
  takesEcdsa,
} from './certificate-asked.ts'
import {
  byFamily,
  checkAgain,
  type FixContext,
  type FixWords,
  fact,
  host,
  isAddress,
  named,
  numberFact,
  sClient,
} from './fix-context.ts'
import { besides, isOfOne, shorterChain } from './shorter-chain.ts'

/** Cures on the side of the server, or of something put before it. */
export const serverFixes = {
  'front-small-chain': {
    title: (c) => {
      const anchor = anchorWords(c) ?? fact(c, 'root')
      const limit = numberFact(c, 'limitBytes')
      return (
        'put a front with a small chain before the endpoint: ' +
        `one ${takesEcdsa(c) === 'yes' ? 'ECDSA leaf' : 'leaf with an RSA key of 2,048 bits'} and its issuer${
          limit === undefined
            ? ''
            : `, ${isOfOne(c) ? 'none of them over' : 'under'} ${formatNumber(limit)} bytes`
        }${
          smallestPublic(c) === undefined
            ? `, ending at ${anchor ?? 'an anchor the device holds'}`
            : endingAt(c)
        }; the front fetches from the endpoint over verified TLS`
      )
    },
    commands: (c) => [
      ...gatewayFile(c),
      'tlsfit gateway gateway.yaml  # asks first whether the device takes the chain',
      'tlsfit emit nginx gateway.yaml > front.conf  # the same for nginx; haproxy, envoy',
    ],
  },
  'use-shorter-chain': {
    title: (c) => `server: ${shorterChain(c)}`,
    commands: (c) => [
      ...(besides(c) ? requestCommands(c) : []),
      ...(c.target.protocol === 'file' ? [] : [checkAgain(c)]),
    ],
  },
  'send-intermediate': {
    title: (c) => {
      const issuer = named(c, 'the issuing CA', 'issuer')
      return fact(c, 'unlessRoot') === undefined
        ? `server: send the intermediate ${issuer} after the leaf`
        : `server: send ${issuer} after the leaf, if it is an intermediate and its root is held`
    },
    commands: () => [
      'cat leaf.pem intermediate.pem > fullchain.pem',
      'ssl_certificate fullchain.pem;  # nginx',
    ],
  },
  'order-chain': {
    title: () => 'server: leaf first, then each certificate followed by its issuer',
    commands: () => ['cat leaf.pem intermediate.pem > fullchain.pem'],
  },
  'reissue-with-name': {
    title: (c) => `issue the certificate anew with ${host(c)} in subjectAltName`,
    commands: (c) => {
      const name = host(c)
      // facts of Mbed TLS, wolfSSL and BearSSL: an iPAddress SAN is matched by none, the address as DNS SAN by all.
      const form = isAddress(name) ? `DNS:${name},IP:${name}` : `DNS:${name}`
      return [
        `openssl req -new -key server.key -subj ${quote(`/CN=${name}`)} -addext ${quote(`subjectAltName=${form}`)} -out server.csr`,
      ]
    },
  },
  'listen-ipv4': {
    title: () => 'server: listen on IPv4 as well',
    commands: (c) => {
      const port = c.target.port ?? 443
      return [
        `openssl s_server -4 -accept 0.0.0.0:${port} -cert chain.pem -key server.key`,
        `listen 0.0.0.0:${port} ssl;  # nginx, beside listen [::]:${port} ssl;`,
      ]
    },
  },
  'open-port': {
    title: (c) => `start the server, or open port ${c.target.port ?? 443} in the firewall`,
    commands: (c) => [sClient(c)],
  },
  'cap-server-records': {
    title: (c) =>
      `server: no record larger than ${formatNumber(recordCap(c))} bytes, for the whole connection`,
    commands: (c) => {
      // A build that takes all that TLS has in a record is no build that a record was too large for.
      const cap = recordCap(c) < 16_384 ? recordCap(c) : '<what the device takes>'
      return [
        `ssl_buffer_size ${cap};  # nginx`,
        `tune.ssl.hard-maxrecord ${cap}  # haproxy; maxrecord alone grows`,
        `socket.setMaxSendFragment(${cap})  // Node.js`,
      ]
    },
  },
  'enable-suite': {
    title: (c) => {
      const version = fact(c, 'version')
      const what = fact(c, 'suite') ?? version ?? fact(c, 'group')
      const old = isDeprecated(version)
        ? ', at an address of its own for these devices alone: it is deprecated (RFC 8996)'
        : ''
      const allowed = what ?? 'a TLS version and cipher suite that the device has'
      return `server: allow ${allowed}${certificateBeside(c)}${old}`
    },
    commands: (c) => {
      const version = fact(c, 'version')
      const suite = fact(c, 'suite')
      if (fact(c, 'group') !== undefined) return ['ssl_ecdh_curve X25519:prime256v1:secp384r1;  # nginx']
      const suites = version === undefined ? (c.device.hello.cipherSuites?.value ?? []) : []
      const offered = suites.filter((name) => name.startsWith('TLS_ECDHE'))
      const protocols = isDeprecated(version) ? `${version} TLSv1.2 TLSv1.3` : 'TLSv1.2 TLSv1.3'
      return [
        `ssl_protocols ${protocols};  # nginx`,
        ...(suite === undefined || !/^TLS_\w+$/.test(suite)
          ? []
          : [`openssl ciphers -convert ${suite}  # its name for ssl_ciphers`]),
        ...(fact(c, 'certificate') === undefined
          ? []
          : [
              'ssl_certificate <other.pem>; ssl_certificate_key <other.key>;  # nginx, beside the present pair',
            ]),
        ...(offered.length === 0 ? [] : [`# the device offers: ${offered.slice(0, 6).join(', ')}`]),
      ]
    },
  },
  'renew-certificate': {
    title: () => 'server: renew the certificate, then check the new chain before the fleet meets it',
    commands: (c) => [`tlsfit check <new chain.pem> --device ${deviceWord(c.device)}`],
  },
  'serve-range': {
    title: () => 'server: answer Range requests with 206 and Content-Range (curl shows it)',
    commands: (c) => [
      `curl -sS -o /dev/null -D - -r 0-1023 ${shellWord(c.target.text)}`,
      'proxy_force_ranges on;  # nginx as a front',
    ],
  },
  'serve-content-length': {
    title: () => 'server: state Content-Length; no chunked transfer, no compression on the fly',
    commands: () => ['gzip off;  # nginx', 'proxy_buffering on;  # nginx as a front'],
  },
  'serve-uncoded': {
    title: () => 'server: send the file as it is, without Content-Encoding: no compression for this path',
    commands: (c) => [
      'gzip off; gzip_static off;  # nginx, in the location of the file; brotli likewise',
      'SetEnvIf Request_URI "\\.bin$" no-gzip no-brotli  # Apache; and no AddEncoding for the file',
      'aws s3 cp <file> s3://<bucket>/<key> --content-type application/octet-stream  # S3: stored unpacked, no --content-encoding',
      `curl -sS -o /dev/null -D - ${shellWord(c.target.text)}  # no Content-Encoding`,
    ],
  },
  'renew-sas': {
    title: () => 'issue a new SAS with an end in the future, and a start some minutes in the past',
    commands: () => [
      'az storage blob generate-sas --account-name <account> --container-name <container> --name <blob> --permissions r --expiry <YYYY-MM-DDTHH:MMZ> --https-only --full-uri',
    ],
  },
  'set-clock': {
    title: (c) =>
      byFamily(c, {
        spwf04sx: 'set the clock of the module before the first TLS socket',
        other: 'set the clock before the first TLS connection',
      }),
    commands: (c) =>
      byFamily(c, {
        ncs: ['CONFIG_DATE_TIME=y', 'CONFIG_DATE_TIME_NTP=y'],
        nrf9160: ['AT+CCLK?'],
        'esp-idf': [
          'esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG("pool.ntp.org");',
          'esp_netif_sntp_init(&config);',
          'esp_netif_sntp_sync_wait(pdMS_TO_TICKS(15000));',
        ],
        spwf04sx: ['AT+S.TIME=<seconds since 1970>'],
        other: [],
      }),
  },
} satisfies { readonly [Id in FixId]?: FixWords }

/** TLS 1.0 and 1.1, RFC 8996, in the spelling of nginx. */
export function isDeprecated(version: string | undefined): boolean {
  return version === 'TLSv1' || version === 'TLSv1.1'
}

/** Bytes of plaintext a record may have, as a server is told; a size OpenSSL takes (512 to 16,384). */
export function recordCap(c: FixContext): number {
  const known = c.device.limits.recordBytes?.atLeast ?? c.device.limits.recordBytes?.value
  const limit = numberFact(c, 'recordLimitBytes') ?? (typeof known === 'number' ? known : undefined)
  if (limit === undefined) return 2048
  const steps = [16_384, 8192, 4096, 2048, 1024]
  return steps.find((step) => step <= limit) ?? 512
}

/** A gateway.yaml for the endpoint, as `tlsfit gateway` reads it; its comments are for the user. */
function gatewayFile(c: FixContext): string[] {
  const mqtt = c.target.protocol === 'mqtts'
  const port = c.target.port ?? (mqtt ? 8883 : 443)
  const protocol = mqtt ? 'mqtts' : 'https'
  // Of a file the endpoint is not known; what stands there must still be a URL.
  const name = (c.target.host ?? 'endpoint.example.com').replace(/['\n]/g, '')
  const at = `${name.includes(':') ? `[${name}]` : name}${port === (mqtt ? 8883 : 443) ? '' : `:${port}`}`
  return [
    'listeners:  # gateway.yaml',
    `  - { name: front, protocol: ${protocol}, listen: ['0.0.0.0:${port}', '[::]:${port}'],`,
    `      certificate: { files: { ${takesEcdsa(c) === 'yes' ? 'ecdsa' : 'rsa'}: { chain: small-chain.pem, key: small-chain.key } } },`,
    `      devices: ['${deviceWord(c.device).replaceAll("'", '')}'], anchorsHeld: [held.pem],  # what they hold`,
    `      maxRecordBytes: ${recordCap(c)}, ${mqtt ? 'upstream: origin' : "routes: [{ path: '/*', upstream: origin }]"} }`,
    'upstreams:',
    `  origin: { protocol: ${protocol}, url: '${protocol}://${at}' }`,
  ]
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
