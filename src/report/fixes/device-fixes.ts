import { compareVersions, parseVersionRange } from '../../device/version-range.ts'
import type { FixId } from '../../finding/fix.ts'
import { deviceWord } from '../device-word.ts'
import { shellWord } from '../escape.ts'
import { formatNumber } from '../units.ts'
import { bufferBytes, bufferCommands, heapCommands, heapWords, nativeTlsBuffers } from './buffer-commands.ts'
import {
  byFamily,
  checkAgain,
  cString,
  type FixContext,
  type FixWords,
  fact,
  host,
  hostWord,
  named,
  numberFact,
  sClient,
} from './fix-context.ts'
import { arduinoRoot, bearSslRoot, derCommands, storeCommands } from './store-commands.ts'

/** Cures in the firmware, its configuration or what the device stores. */
export const deviceFixes = {
  'tls-on-application-core': {
    title: (c) =>
      byFamily(c, {
        ncs: 'run TLS on the application core (Mbed TLS), past the limits of the modem',
        nrf9160: 'run TLS on the application core (Mbed TLS), past the limits of the modem',
        spwf04sx: 'run TLS on the host controller (Mbed TLS or BearSSL), with the module as a plain TCP pipe',
        other: 'run a TLS stack of your own on the application processor, past the limits of this one',
      }),
    commands: (c) =>
      byFamily(c, {
        // nrfconnect/sdk-nrf doc/nrf/libraries/networking/fota_download.rst
        ncs: [
          'CONFIG_NRF_SECURITY=y',
          'CONFIG_MBEDTLS_TLS_LIBRARY=y',
          'CONFIG_NET_SOCKETS_SOCKOPT_TLS=y',
          'CONFIG_FOTA_DOWNLOAD_NATIVE_TLS=y',
          ...nativeTlsBuffers(c),
          '/* own sockets */ socket(AF_INET, SOCK_STREAM | SOCK_NATIVE_TLS, IPPROTO_TLS_1_2);',
          '/* roots move from AT%CMNG to */ tls_credential_add(<sec_tag>, TLS_CREDENTIAL_CA_CERTIFICATE, root, sizeof(root));',
        ],
        nrf9160: ['socket(AF_INET, SOCK_STREAM | SOCK_NATIVE_TLS, IPPROTO_TLS_1_2);'],
        other: [],
      }),
  },
  'other-module': {
    title: () => 'take a module whose TLS has no such limit',
    commands: (c) => [`tlsfit check ${shellWord(c.target.text)} --device all`],
  },
  'load-root': {
    title: (c) => {
      const sha256 = fact(c, 'sha256')
      const besides = fact(c, 'besides')
      return `store ${named(c, 'the root named above', 'root', 'label', 'rootId', 'neededIssuer', 'issuer')} on the device${
        sha256 === undefined ? '' : ` (SHA-256 ${sha256.slice(0, 16)}…)`
      }${insteadOf(c)}${besides === undefined ? '' : `, and ${besides} as well`}`
    },
    commands: storeCommands,
  },
  'load-presented-certificate': {
    title: () =>
      'build the image with the certificate the server presents now, or better with the CA that issued it',
    commands: (c) => [
      `${sClient(c)} | openssl x509 -out server_root.pem`,
      "openssl x509 -in server_root.pem -noout -fingerprint -sha256  # compare with the server's own file",
      ...storeCommands(c),
    ],
  },
  'replace-leaf-anchor': {
    title: (c) =>
      `hold the issuing CA or root (${named(c, 'see the ladder', 'root', 'issuer')}) in place of the server certificate`,
    commands: storeCommands,
  },
  'connect-by-name': {
    title: (c) => `connect by a name that the certificate carries${byName(c)}`,
    commands: (c) =>
      byFamily(c, { 'esp-idf': [`.url = ${cString(`https://${named(c, 'name', 'name')}/…`)},`], other: [] }),
  },
  'set-sni-to-endpoint': {
    title: (c) => `give the TLS layer the endpoint's own host name, ${named(c, 'host', 'endpoint', 'host')}`,
    commands: (c) => {
      const name = named(c, 'host', 'endpoint', 'host')
      return byFamily(c, {
        ncs: [
          `setsockopt(fd, SOL_TLS, TLS_HOSTNAME, ${cString(name)}, sizeof(${cString(name)}) - 1);`,
          `client.transport.tls.config.hostname = ${cString(name)};  /* MQTT */`,
        ],
        nrf9160: [
          `nrf_setsockopt(fd, NRF_SOL_SECURE, NRF_SO_SEC_HOSTNAME, ${cString(name)}, ${name.length});`,
        ],
        'esp-idf': [
          `.broker.address.hostname = ${cString(name)},  /* MQTT */`,
          `.host = ${cString(name)},  /* HTTP */`,
        ],
        other: [],
      })
    },
  },
  'restore-name-check': {
    title: () => 'switch the name check on again',
    commands: (c) =>
      byFamily(c, {
        ncs: [
          '/* download_client_cfg */ .set_tls_hostname = true,',
          `setsockopt(fd, SOL_TLS, TLS_HOSTNAME, ${cString(host(c))}, sizeof(${cString(host(c))}) - 1);`,
        ],
        nrf9160: [
          `nrf_setsockopt(fd, NRF_SOL_SECURE, NRF_SO_SEC_HOSTNAME, ${cString(host(c))}, ${host(c).length});`,
        ],
        'esp-idf': ['.skip_cert_common_name_check = false,'],
        other: [],
      }),
  },
  'restore-verification': {
    title: () => 'switch verification on again, with the right root stored',
    commands: (c) =>
      byFamily(c, {
        ncs: [
          'int verify = TLS_PEER_VERIFY_REQUIRED;',
          'setsockopt(fd, SOL_TLS, TLS_PEER_VERIFY, &verify, sizeof(verify));',
        ],
        nrf9160: [
          'int verify = NRF_SO_SEC_PEER_VERIFY_REQUIRED;',
          'nrf_setsockopt(fd, NRF_SOL_SECURE, NRF_SO_SEC_PEER_VERIFY, &verify, sizeof(verify));',
        ],
        'esp-idf': ['CONFIG_ESP_TLS_INSECURE=n', '.cert_pem = server_root_pem_start,'],
        'esp8266-arduino': bearSslRoot,
        'arduino-esp32': arduinoRoot,
        other: [],
      }),
  },
  'set-range-size': {
    title: (c) => {
      const bytes = numberFact(c, 'rangeBytes')
      return bytes === undefined
        ? 'ask for less at a time'
        : `ask for ${formatNumber(bytes)} bytes at a time (Range), so that head and body fit one record`
    },
    commands: (c) => {
      const bytes = numberFact(c, 'rangeBytes') ?? 1024
      const setting =
        fact(c, 'setting') ?? c.device.http?.rangeSetting?.value.replaceAll('{bytes}', String(bytes))
      if (setting !== undefined) return setting.split('\n')
      return byFamily(c, {
        ncs: [`CONFIG_DOWNLOAD_CLIENT_HTTP_FRAG_SIZE_${bytes}=y`],
        'esp-idf': ['.partial_http_download = true,', `.max_http_request_size = ${bytes},`],
        other: [`Range: bytes=0-${bytes - 1}`],
      })
    },
  },
  'enlarge-heap': {
    title: (c) => `give the TLS library more heap${heapWords(c)}`,
    commands: heapCommands,
  },
  'enlarge-record-buffer': {
    title: (c) => `enlarge the input buffer to ${formatNumber(bufferBytes(c))} bytes`,
    commands: bufferCommands,
  },
  'update-firmware': {
    title: (c) =>
      `update ${named(c, 'modem firmware or SDK', 'what')} to ${named(c, 'a version that lifts this', 'version')}`,
    commands: (c) =>
      byFamily(c, {
        nrf9160: ['AT+CGMR  # the modem firmware now'],
        other: [],
      }),
  },
  'sas-into-url': {
    title: () => 'put the SAS into the URL, after the question mark, and send no Authorization header',
    commands: (c) =>
      byFamily(c, {
        'esp-idf': [
          `.url = ${cString(`https://${host(c)}/<container>/<blob>?<sas>`)},`,
          'esp_http_client_delete_header(client, "Authorization");',
        ],
        other: [`https://${host(c)}/<container>/<blob>?<sas>`],
      }),
  },
  'encode-sas-once': {
    title: () => 'percent-encode the signature once: + as %2B, / as %2F, = as %3D, never %252B',
    commands: () => [],
  },
  'load-root-readable': {
    title: () => 'hold an anchor whose key and signature the library can read, or build these algorithms in',
    commands: () => [],
  },
  'renew-presigned-url': {
    title: () => 'sign the URL anew, shortly before it is used; SigV4 allows seven days at most',
    commands: () => ['aws s3 presign s3://BUCKET/KEY --expires-in 3600'],
  },
  'repair-presigned-url': {
    title: (c) => repairs[fact(c, 'why') ?? ''] ?? 'use the URL exactly as it was signed, to the letter',
    commands: () => [],
  },
  'ask-uncoded': {
    title: (c) =>
      fact(c, 'request') === 'asks'
        ? 'leave out Accept-Encoding, or send Accept-Encoding: identity'
        : 'send Accept-Encoding: identity, where the HTTP client takes a header of your own and the server heeds it',
    commands: (c) =>
      byFamily(c, {
        'esp-idf': [
          'esp_http_client_set_header(client, "Accept-Encoding", "identity");  /* of OTA: in http_client_init_cb */',
        ],
        zephyr: ['.header_fields = (const char *[]){"Accept-Encoding: identity\\r\\n", NULL},'],
        other: [],
      }).concat(checkAgain(c, " --header 'Accept-Encoding: identity'")),
  },
  'raise-head-buffer': {
    title: (c) =>
      `give the HTTP client room for a head of ${formatNumber(numberFact(c, 'headBytes') ?? 0)} bytes`,
    commands: (c) =>
      byFamily(c, {
        ncs: [`CONFIG_DOWNLOAD_CLIENT_BUF_SIZE=${room(numberFact(c, 'headBytes') ?? 2048)}`],
        'esp-idf': [`.buffer_size = ${room(numberFact(c, 'headBytes') ?? 2048)},`],
        other: [],
      }),
  },
  'raise-path-limit': {
    title: () => 'give the HTTP client room for the URL',
    commands: (c) => {
      const path = numberFact(c, 'pathBytes')
      const name = numberFact(c, 'hostBytes')
      const url = room(path ?? name ?? 512)
      return byFamily(c, {
        ncs: [
          ...(path === undefined ? [] : ncsUrlSettings(c).path.map((setting) => `${setting}=${url}`)),
          ...(name === undefined ? [] : ncsUrlSettings(c).host.map((setting) => `${setting}=${room(name)}`)),
        ],
        'esp-idf': [`.buffer_size_tx = ${room((path ?? 256) + 512)},`],
        other: [],
      })
    },
  },
  'provision-client-certificate': {
    title: () => 'store the client certificate and its key, and register the certificate with the service',
    commands: (c) =>
      byFamily(c, {
        ncs: modemClientCertificate,
        nrf9160: modemClientCertificate,
        'esp-idf': [
          '.client_cert_pem = client_crt_start,  .client_key_pem = client_key_start,  /* HTTP */',
          '.credentials.authentication.certificate = client_crt_start,  /* MQTT */',
          '.credentials.authentication.key = client_key_start,',
        ],
        other: [],
      }).concat(checkAgain(c, ' --client-cert client.pem --client-key client.key')),
  },
  'check-mqtt-credentials': {
    title: () => 'try the same credentials and client id from a computer; then look at policy and client id',
    commands: (c) => [
      `mosquitto_pub -d -h ${hostWord(c)} -p ${c.target.port ?? 8883} --cafile root.pem --cert client.pem --key client.key -i <client id> -t test -m 1`,
    ],
  },
  'follow-redirect-root': {
    title: (c) => `hold the root of every hop on the way to ${named(c, 'the last one', 'to')}`,
    commands: (c) => {
      const to = fact(c, 'to')
      return to?.startsWith('https://')
        ? [`tlsfit check ${shellWord(to)} --device ${deviceWord(c.device)}`]
        : []
    },
  },
  'use-https-port': {
    title: () => 'bring scheme and port together: HTTPS on 443, MQTT over TLS on 8883',
    commands: (c) => [sClient(c, 443)],
  },
  'store-as-der': {
    title: (c) => {
      const der = numberFact(c, 'derBytes')
      return `store the anchor as DER${der === undefined ? '' : ` (${formatNumber(der)} bytes)`} in place of PEM`
    },
    commands: (c) => ['openssl x509 -in root.pem -outform DER -out root.der', ...derCommands(c)],
  },
  'store-credential-again': {
    title: () =>
      'store the file again, whole: LF line ends, the last line ended, and the NUL that a C string ends with',
    commands: (c) =>
      byFamily(c, {
        ncs: [
          'AT+CFUN=4',
          'AT%CMNG=3,<sec_tag>,<type>',
          'AT%CMNG=0,<sec_tag>,<type>,"<PEM>"',
          'AT%CMNG=1',
          'AT+CFUN=1',
        ],
        nrf9160: [
          'AT+CFUN=4',
          'AT%CMNG=3,<sec_tag>,<type>',
          'AT%CMNG=0,<sec_tag>,<type>,"<PEM>"',
          'AT%CMNG=1',
          'AT+CFUN=1',
        ],
        'esp-idf': [
          'idf_component_register(… EMBED_TXTFILES "ca.pem")  # TXT adds the NUL, EMBED_FILES does not',
        ],
        other: ['openssl x509 -in ca.pem -noout -subject  # must print a name'],
      }),
  },
  'complete-credential-set': {
    title: () => 'store CA, client certificate and key under the one tag or slot that the connection uses',
    commands: (c) =>
      byFamily(c, {
        ncs: [
          'AT%CMNG=1',
          'AT+CFUN=4',
          'AT%CMNG=0,<sec_tag>,0,"<root, PEM>"',
          ...modemClientCertificate.slice(1),
        ],
        nrf9160: [
          'AT%CMNG=1',
          'AT+CFUN=4',
          'AT%CMNG=0,<sec_tag>,0,"<root, PEM>"',
          ...modemClientCertificate.slice(1),
        ],
        other: [],
      }),
  },
  'set-alpn': {
    title: (c) => {
      const own =
        'send the application protocol (ALPN) that the port demands, or use the port of the plain protocol'
      return byFamily(c, { ...noSetting, other: own })
    },
    commands: (c) =>
      byFamily<readonly string[]>(c, {
        ncs: [],
        nrf9160: [],
        'ncs-native-tls': zephyrAlpn,
        nrf7002: zephyrAlpn,
        zephyr: zephyrAlpn,
        'esp-idf': [
          'const char *alpn[] = { "x-amzn-mqtt-ca", NULL };',
          '.broker.verification.alpn_protos = alpn,',
        ],
        other: [],
      }),
  },
} satisfies { readonly [Id in FixId]?: FixWords }

// sdk-nrf lib/nrf_modem_lib/nrf9x_sockets.c, z_to_nrf_optname: TLS_ALPN_LIST is none of its options.
const inModem =
  'use port 8883, which needs no ALPN, or run TLS on the application core: the sockets of the modem cannot set it'
const noSetting = { ncs: inModem, nrf9160: inModem }

const zephyrAlpn = [
  'const char *alpn[] = { "x-amzn-mqtt-ca", NULL };',
  'setsockopt(fd, SOL_TLS, TLS_ALPN_LIST, alpn, sizeof(alpn));',
]

const modemClientCertificate = [
  'AT+CFUN=4',
  'AT%CMNG=0,<sec_tag>,1,"<client certificate, PEM>"',
  'AT%CMNG=0,<sec_tag>,2,"<private key, PEM>"',
  'AT+CFUN=1',
]

function byName(c: FixContext): string {
  const name = fact(c, 'name')
  return name === undefined ? '' : `: ${name}`
}

/** The next power of two from 256 on that leaves some room. */
function room(bytes: number): number {
  let size = 256
  while (size < bytes + 16) size *= 2
  return size
}

/** By what is wrong with a pre-signed URL. */
const repairs: { readonly [why: string]: string } = {
  'html-escaped': 'replace every &amp; in the URL by &',
  cut: 'carry the URL whole: enlarge the buffer that holds it, and quote it in shells and AT commands',
  'two-authorizations': 'send no Authorization header with a pre-signed URL',
  'encoded-twice': 'send the URL as it was made, without encoding it again',
  'header-not-sent': 'sign with host as the only signed header, or send the others as signed',
}

/** Why it is not the root that the finding names. */
function insteadOf(c: FixContext): string {
  const signedBy = fact(c, 'signedBy')
  if (signedBy !== undefined)
    return `, signed by itself: what the server sends is the copy that ${signedBy} signed`
  const other = fact(c, 'otherRoot')
  return other === undefined
    ? ''
    : `, which lasts: ${other} leads here until ${named(c, 'its end', 'otherUntil')} only`
}

/** Kconfig of the room for a URL: 2.9 brought another download library. */
function ncsUrlSettings({ device }: FixContext): { readonly path: string[]; readonly host: string[] } {
  const layer = device.layers.find(({ family }) => family === 'ncs')
  const { low = [] } = (layer && parseVersionRange(layer.range)) ?? {}
  if (compareVersions(low, [2, 9]) < 0) {
    return {
      path: ['CONFIG_DOWNLOAD_CLIENT_MAX_FILENAME_SIZE'],
      host: ['CONFIG_DOWNLOAD_CLIENT_MAX_HOSTNAME_SIZE'],
    }
  }
  return {
    path: ['CONFIG_DOWNLOADER_MAX_FILENAME_SIZE', 'CONFIG_FOTA_DOWNLOAD_FILE_NAME_LENGTH'],
    host: ['CONFIG_DOWNLOADER_MAX_HOSTNAME_SIZE', 'CONFIG_FOTA_DOWNLOAD_HOST_NAME_LENGTH'],
  }
}
