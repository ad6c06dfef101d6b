import type { Certificate } from '../x509/certificate.ts'
import { compareWithLimit, exactly } from './limits.ts'
import { lowestFigure } from './margins.ts'
import { type Draft, draft, fix } from './rule.ts'
import type { ChainRead, Scene } from './scene.ts'

/**
 * What the device must store has to fit where it is stored. As PEM it is a third larger than as DER; only where the
 * DER does not fit either is there no way.
 */
export function judgeStored({ device, trust }: Scene, chain: ChainRead): Draft[] {
  const limit = device.limits.storedAnchorBytes
  // A bundle that comes with the firmware is not stored by the user.
  if (limit === undefined || trust.origin === 'profile') return []
  const stored = trust.held?.map(({ certificate }) => certificate) ?? assumedAnchor(chain)
  return stored.flatMap((certificate) => {
    const pemBytes = pemLength(certificate)
    const derBytes = certificate.der.length
    if (compareWithLimit(limit, { stored: exactly(pemBytes) }).outcome !== 'over') return []
    const fits = compareWithLimit(limit, { stored: exactly(derBytes) }).outcome !== 'over'
    const subject = certificate.subject.commonName ?? certificate.subject.text
    const details = { subject, derBytes, pemBytes, limitBytes: lowestFigure(limit) ?? derBytes }
    const fixes = fits ? [fix('store-as-der', { derBytes })] : [fix('front-small-chain'), fix('other-module')]
    return [draft('anchor-too-large', fits ? 'risks' : 'blocks', details, { limit, fixes })]
  })
}

function assumedAnchor(chain: ChainRead): readonly Certificate[] {
  return chain.path.used === undefined ? [] : [chain.path.used.anchor]
}

/** RFC 7468: base64 in lines of 64 with LF, between the two boundary lines. */
export function pemLength(certificate: Certificate): number {
  const base64 = 4 * Math.ceil(certificate.der.length / 3)
  return base64 + Math.ceil(base64 / 64) + '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'.length
}
