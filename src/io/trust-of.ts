import type { Catalogue } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import type { OrdinaryRange } from '../judge/judge-input.ts'
import type { TrustStore } from '../trust/trust-store.ts'
import type { CheckRequest } from './check-request.ts'

/** What the device holds: the anchors given, else the bundle of its profile. */
export function trustOf(
  device: Device,
  { anchors, knownRoots: known }: Pick<CheckRequest, 'anchors' | 'knownRoots'>,
): TrustStore {
  if (anchors) return { held: anchors, origin: 'given', known }
  const ids = device.anchorsHeld?.value
  if (!ids) return { held: undefined, origin: 'unknown', known }
  const held = known
    .filter(({ id }) => ids.includes(id))
    .map(({ id, certificate }) => ({ certificate, label: id }))
  return { held, origin: 'profile', known }
}

/** The judge asks for the upper ends only: nothing is unusual for being small. */
export function largestOrdinary({ ordinary: { ranges, kinds } }: Catalogue): OrdinaryRange {
  return {
    chainBytes: ranges.chainBytes?.high,
    certificateBytes: ranges.certificateBytes?.high,
    handshakeMessageBytes: ranges.handshakeMessageBytes?.high,
    chainCertificates: ranges.chainCertificates?.high,
    rsaKeyBits: ranges.rsaKeyBits?.high,
    recordBytes: ranges.recordBytes?.high,
    cipherSuites: kinds.cipherSuites?.values,
    groups: kinds.groups?.values,
    certificateGroups: kinds.certificateGroups?.values,
    certificateSignatures: kinds.certificateSignatures?.values,
  }
}
