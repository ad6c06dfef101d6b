import type { Certificate } from '../x509/certificate.ts'
import { compareWithLimit, exactly } from './limits.ts'
import { lowestFigure } from './margins.ts'
import { type Draft, draft, fix } from './rule.ts'
import { assumption, type ChainRead, type Scene } from './scene.ts'

/**
 * What the device must store has to fit where it is stored: each anchor, or all together where the limit is a bundle's. As PEM it is a third larger than as DER; only where the
 * DER does not fit either is there no way.
 */
export function judgeStored({ device, trust }: Scene, chain: ChainRead): Draft[] {
  const limit = device.limits.storedAnchorBytes
  // A bundle that comes with the firmware is not stored by the user.
  if (limit === undefined || trust.origin === 'profile') return []
  const stored = trust.held?.map(({ certificate }) => certificate) ?? assumedAnchor(chain)
  const counts = limit.counts === 'bundle' ? 'bundle' : 'stored'
  const fitsAs = (bytes: number) => compareWithLimit(limit, { [counts]: exactly(bytes) }).outcome !== 'over'
  const together = counts === 'bundle' && stored.length > 0 ? [stored] : stored.map((one) => [one])
  return together.flatMap((certificates) => {
    const pemBytes = sum(certificates.map(pemLength))
    const derBytes = sum(certificates.map(({ der }) => der.length))
    if (fitsAs(pemBytes)) return []
    const fits = fitsAs(derBytes)
    const subject = certificates.map(({ subject: name }) => name.commonName ?? name.text).join(', ')
    const limitBytes = lowestFigure(limit) ?? derBytes
    const details = { subject, derBytes, pemBytes, limitBytes, ...assumption(chain) }
    const fixes = fits ? [fix('store-as-der', { derBytes })] : [fix('front-small-chain'), fix('other-module')]
    // Too many together, but the one that this host needs could be stored alone.
    const needed = certificates.length > 1 ? chain.path.used?.anchor : undefined
    const alone = needed !== undefined && fitsAs(needed.der.length)
    // Where nobody said what is held, it may be another root that leads here.
    const other =
      trust.held === undefined && chain.path.known.paths.some(({ anchor }) => fitsAs(anchor.der.length))
    const effect = fits || alone ? 'risks' : other ? 'unknown' : 'blocks'
    return [draft('anchor-too-large', effect, details, { limit, fixes })]
  })
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}

function assumedAnchor(chain: ChainRead): readonly Certificate[] {
  return chain.path.used === undefined ? [] : [chain.path.used.anchor]
}

/** RFC 7468: base64 in lines of 64 with LF, between the two boundary lines. */
export function pemLength(certificate: Certificate): number {
  const base64 = 4 * Math.ceil(certificate.der.length / 3)
  return base64 + Math.ceil(base64 / 64) + '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'.length
}
