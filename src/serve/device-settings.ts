import type { CredentialFormat } from '../credential/credential.ts'
import { formatsFor } from '../credential/formats-for-device.ts'
import type { Device } from '../device/device.ts'
import type { Limit } from '../device/limit.ts'
import { type Opening, openingFor } from '../front/served-suites.ts'
import { type Fix, fixWords } from '../report/fixes.ts'
import { parseCipherSuite } from '../tls/cipher-suites.ts'

/** What a device has to be told to download from here. */
export interface DeviceSettings {
  readonly format: CredentialFormat
  /** Settings in the device's own terms, where they are known. */
  readonly fixes: readonly Fix[]
  /** Plain sentences without a full stop. */
  readonly notes: readonly string[]
}

export interface ServedAt {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly path: string
  readonly caName: string
  readonly caBytes: number
  readonly caSha256: string
  readonly keyType: 'p256' | 'rsa-2048'
  readonly oldSuites: boolean
}

export function settingsFor(device: Device, at: ServedAt): DeviceSettings {
  const format = formatsFor(device)[0] ?? 'pem'
  const target = {
    text: at.url,
    protocol: 'https' as const,
    host: at.host,
    port: at.port,
    path: at.path,
    pathBytes: at.path.length,
  }
  const facts = { root: at.caName, sha256: at.caSha256, derBytes: at.caBytes, name: at.host }
  // What is written for these formats says itself how it is loaded.
  const loaded = format === 'nrf-at' || format === 'zephyr' || format === 'spwf04' || format === 'tinyclr'
  const ids = [
    ...(loaded ? [] : (['load-root'] as const)),
    'restore-verification',
    'restore-name-check',
  ] as const
  const fixes = ids.map((id) => {
    return { id, title: titles[id], commands: fixWords[id].commands({ device, target, facts }) }
  })
  return { format, fixes, notes: notesFor(device, at) }
}

/** Nothing is broken yet, so these are no repairs. */
const titles = {
  'load-root': 'the CA is stored on the device',
  'restore-verification': 'verification is on',
  'restore-name-check': 'the name check is on, for the host of the URL',
} as const

/** The most that a record to this device may hold, in powers of two; 4,096 where nothing says less. */
export function recordBytesFor(device: Device | undefined): number {
  const bounds = [
    device?.limits.recordBytes,
    device?.limits.handshakeMessageBytes,
    device?.build.receiveBuffer?.value === 'shrinks' ? device.build.sentRecordBytes : undefined,
  ].flatMap(lowest)
  const most = Math.min(LARGEST_RECORD, ...bounds)
  return Math.max(SMALLEST_RECORD, 2 ** Math.floor(Math.log2(most)))
}

const LARGEST_RECORD = 4_096
/** OpenSSL goes no lower, and nor does max_fragment_length, RFC 6066 §4. */
const SMALLEST_RECORD = 512

function lowest(limit: Limit | undefined): number[] {
  if (limit === undefined) return []
  const values = [limit.value, limit.atLeast, ...limit.disputed.map(({ value }) => value)]
  const fails = limit.fails.record === undefined ? [] : [limit.fails.record - 1]
  return [...values.filter((value) => typeof value === 'number'), ...fails]
}

/**
 * Whether all that the device offers is CBC or static RSA, so that nothing is left to serve it by but those. A key of the
 * other kind does not count: that is for the user to choose, since devices hold the CA of one of them.
 */
export function needsOldSuites(device: Device | undefined, keyType: ServedAt['keyType']): boolean {
  if (device === undefined || device.hello.versions?.value.includes('TLSv1.3')) return false
  const opening = suiteOpening(device, { keyType, oldSuites: false })
  return opening !== undefined && opening.kind === undefined && opening.oldSuites
}

/** Undefined where suites are not known, or none can be served. */
function suiteOpening(
  device: Device,
  { keyType, oldSuites }: Pick<ServedAt, 'keyType' | 'oldSuites'>,
): Opening | undefined {
  const codes = (device.hello.cipherSuites?.value ?? []).flatMap((name) => parseCipherSuite(name) ?? [])
  return openingFor(codes, { kinds: new Set([keyType === 'p256' ? 'ecdsa' : 'rsa']), oldSuites })
}

function notesFor(device: Device, at: ServedAt): string[] {
  const notes: string[] = []
  const opening = suiteOpening(device, at)
  if (device.hello.cipherSuites === undefined) {
    if (at.keyType === 'p256' || !at.oldSuites)
      notes.push(
        'which suites it offers is not known here: a build with static RSA only needs --rsa --old-suites',
      )
  } else if (opening === undefined) {
    notes.push('this device offers no suite that can be served here')
  } else if (opening.kind !== undefined || opening.oldSuites) {
    const wanted = opening.kind === 'rsa' ? ['with --rsa'] : opening.kind === 'ecdsa' ? ['without --rsa'] : []
    const old = opening.oldSuites ? ['with --old-suites'] : []
    notes.push(`this device offers no suite that is served so: serve ${[...wanted, ...old].join(' and ')}`)
  }
  const versions = device.hello.versions?.value
  if (versions !== undefined && !versions.some((version) => version === 'TLSv1.2' || version === 'TLSv1.3')) {
    notes.push('this device offers neither TLS 1.2 nor 1.3, and nothing older is served')
  }
  const range = device.http?.rangeBytes?.value
  if (typeof range === 'number') notes.push(`it asks for ranges of ${range} bytes, which are answered by 206`)
  const stored = device.limits.storedAnchorBytes?.value
  if (typeof stored === 'number' && at.caBytes > stored)
    notes.push(`it stores at most ${stored} bytes of a CA`)
  if (device.verification.dates?.value === 'checked') {
    notes.push('it checks dates: these certificates hold from 1970 on, so an unset clock does no harm')
  }
  return notes
}
