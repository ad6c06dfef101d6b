import type { Device } from '../device/device.ts'
import type { FindingId } from '../finding/details.ts'

/**
 * What forums commonly advise against a finding and what makes it unsafe: named, so that a reader who has met it
 * knows, and never offered as a cure. Undefined where no such advice is common.
 */
export function unsafeAdvice(id: FindingId, device: Device): string | undefined {
  const kind = kinds[id]
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
    `switching verification off (${spelling(device, {
      nrf: 'TLS_PEER_VERIFY_NONE',
      esp: 'CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY',
      other: 'verify none, setInsecure()',
    })}) silences this error; from then on anyone on the way can hand out firmware.`,
  'no-name': (device) =>
    `leaving the name out (${spelling(device, {
      nrf: 'TLS_HOSTNAME set to NULL',
      esp: 'skip_cert_common_name_check, which also drops SNI',
      other: 'no host name',
    })}) seems to work, because it switches the name check off: any server under the same root then passes.`,
  'plain-http': () =>
    'plain HTTP has no such limit and no protection: anyone on the way can replace the firmware or read the token.',
}

function spelling(
  device: Device,
  spellings: { readonly nrf: string; readonly esp: string; readonly other: string },
): string {
  const families = device.layers.map((layer) => layer.family)
  if (families.some((family) => family.startsWith('nrf') || family === 'ncs')) return spellings.nrf
  return families.some((family) => family.startsWith('esp')) ? spellings.esp : spellings.other
}
