import type { Device } from '../device/device.ts'
import type { FindingId } from '../finding/details.ts'
import type { Finding } from '../finding/finding.ts'

/**
 * What forums commonly advise against a finding and what makes it unsafe: named, so that a reader who has met it
 * knows, and never offered as a cure. Undefined where no such advice is common, and where the device meets no error that
 * it could silence.
 */
export function unsafeAdvice(
  { id, effect }: Pick<Finding, 'id' | 'effect'>,
  device: Device,
): string | undefined {
  const kind = effect === 'risks' || effect === 'info' ? undefined : kinds[id]
  return kind === undefined ? undefined : texts[kind](device)
}

type Kind = 'no-verification' | 'no-name' | 'plain-http'

const kinds: { readonly [Id in FindingId]?: Kind } = {
  'untrusted-root': 'no-verification',
  'anchor-not-presented': 'no-verification',
  'leaf-as-anchor': 'no-verification',
  'cross-sign-path': 'no-verification',
  'missing-intermediate': 'no-verification',
  'no-trust-anchor': 'no-verification',
  'root-unknown': 'no-verification',
  'cert-expired': 'no-verification',
  'cert-not-yet-valid': 'no-verification',
  'anchor-expired': 'no-verification',
  'sigalg-unsupported': 'no-verification',
  'name-mismatch': 'no-name',
  'sni-wrong': 'no-name',
  'sni-missing': 'no-name',
  'chain-too-large': 'plain-http',
  'chain-size-undecided': 'plain-http',
  'cert-too-large': 'plain-http',
  'message-too-large': 'plain-http',
  'record-too-large': 'plain-http',
  'redirect-cross-host': 'plain-http',
}

const texts: { readonly [K in Kind]: (device: Device) => string } = {
  'no-verification': (device) =>
    `switching verification off${spelling(device, 'verification')} silences this error; from then on anyone on the way can hand out firmware.`,
  'no-name': (device) =>
    `leaving the name out${spelling(device, 'name')} seems to work, because it switches the name check off: any server under the same root then passes.`,
  'plain-http': () =>
    'plain HTTP has no such limit and no protection: anyone on the way can replace the firmware or read the token.',
}

interface Switches {
  readonly verification: string
  readonly name?: string
}

const nordic: Switches = { verification: 'TLS_PEER_VERIFY_NONE', name: 'TLS_HOSTNAME set to NULL' }
const arduino: Switches = { verification: 'setInsecure()' }
const simcom: Switches = { verification: 'AT+CSSLCFG="authmode",<ctx>,0' }

/** By family, what its users write; each in the API or manual of that family. A family that is not here has none known. */
const switches: { readonly [family: string]: Switches | undefined } = {
  ncs: nordic,
  'ncs-native-tls': nordic,
  nrf7002: nordic,
  nrf9160: nordic,
  nrf91x1: nordic,
  zephyr: nordic,
  'esp-idf': {
    verification: 'CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY',
    name: 'skip_cert_common_name_check, which also drops SNI',
  },
  'esp8266-arduino': arduino,
  'arduino-esp32': arduino,
  a76xx: simcom,
  mbedtls: { verification: 'MBEDTLS_SSL_VERIFY_NONE', name: 'no mbedtls_ssl_set_hostname' },
  wolfssl: { verification: 'WOLFSSL_VERIFY_NONE', name: 'no wolfSSL_check_domain_name' },
  'wolfssl-no-alt': { verification: 'WOLFSSL_VERIFY_NONE', name: 'no wolfSSL_check_domain_name' },
  openssl: { verification: 'SSL_VERIFY_NONE', name: 'no SSL_set1_host' },
}

/** The switch of the uppermost layer that has one, in brackets. */
function spelling({ layers }: Device, kind: keyof Switches): string {
  const text = layers.map(({ family }) => switches[family]?.[kind]).findLast((one) => one !== undefined)
  return text === undefined ? '' : ` (${text})`
}
