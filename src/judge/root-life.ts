import { roleOf } from '../trust/certificate-role.ts'
import type { TrustPath } from '../trust/path.ts'
import { computeDistrust, storeRuleSource } from '../trust/store-distrust.ts'
import { type Candidate, nameOf } from './root-candidates.ts'

/** How long an anchor leads devices to a host, and what ends it. */
export interface Life {
  readonly until: Date
  readonly by: 'expiry' | 'distrust' | 'cross-sign'
  /** The last day of the certificate itself. */
  readonly notAfter: Date
  readonly distrust:
    | { readonly from: Date; readonly kind: 'announced' | 'computed'; readonly source: string }
    | undefined
  /** The certificate that bridges to the anchor and ends first, where one does. */
  readonly bridge: { readonly subject: string; readonly notAfter: Date } | undefined
}

/**
 * The first of three ends: its own, the day on which public stores distrust it (CAs stop issuing under it), and the end
 * of a cross-sign on the way to it. That issuing CAs and leaves are renewed under the same root is taken for granted.
 */
export function lifeOf(candidate: Candidate, paths: readonly TrustPath[]): Life {
  const { notAfter } = candidate.certificate
  const distrust = distrustOf(candidate)
  const bridge = bridgeOf(paths)
  const ends: Pick<Life, 'until' | 'by'>[] = [{ until: notAfter, by: 'expiry' }]
  if (distrust !== undefined) ends.push({ until: distrust.from, by: 'distrust' })
  if (bridge !== undefined) ends.push({ until: bridge.notAfter, by: 'cross-sign' })
  const [first] = ends.sort((a, b) => a.until.getTime() - b.until.getTime())
  return { ...first!, notAfter, distrust, bridge }
}

/** As `roots/` has it; of another root of the store by the store's rule. A CA of one's own is in none. */
function distrustOf({ certificate, known, origin }: Candidate): Life['distrust'] {
  if (known !== undefined) {
    const { distrustedFrom: from, distrust, source } = known
    if (from === undefined) return undefined
    return { from, kind: distrust?.kind ?? 'announced', source: distrust?.source ?? source }
  }
  if (origin !== 'store') return undefined
  return { from: computeDistrust(certificate), kind: 'computed', source: storeRuleSource }
}

/** The shorter of two lives of the same anchor. */
export function shorterLife(a: Life, b: Life): Life {
  return b.until < a.until ? b : a
}

/** Of one path its bridge that ends first. */
function bridgeOf(paths: readonly TrustPath[]): Life['bridge'] {
  const bridges = paths.flatMap(({ certificates }) =>
    certificates
      .slice(1)
      .filter((one) => roleOf(one, certificates, []) === 'cross-sign')
      .map((one) => ({ subject: nameOf(one), notAfter: one.notAfter })),
  )
  return bridges.sort((a, b) => a.notAfter.getTime() - b.notAfter.getTime())[0]
}
