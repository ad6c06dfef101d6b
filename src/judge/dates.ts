import type { DatesChecked } from '../finding/details.ts'
import type { Effect } from '../finding/finding.ts'
import type { Certificate } from '../x509/certificate.ts'
import { subjectAt } from './chain-size.ts'
import { loadRootThatFits } from './fixes.ts'
import { missing } from './missing.ts'
import { type Draft, draft, fix, type Rule } from './rule.ts'
import { assumption, type ChainRead, type Scene } from './scene.ts'
import type { Missing } from './verdict.ts'

const DAY_MS = 86_400_000

/**
 * A renewal that has not come when this little is left is late: ACME clients renew with a third of the lifetime left
 * and operators by hand within their last month. Short-lived certificates are measured by their lifetime.
 */
export const SOON_DAYS = 14
const SOON_SHARE = 0.1

/** dates: validity of every certificate that the device looks at. RFC 5280 §4.1.2.5. */
export const datesRules: readonly Rule[] = [
  {
    stage: 'dates',
    needs: ['chain', 'leaf'],
    judge(scene) {
      const chain = scene.leg.chain!
      const looked = lookedAt(chain)
      const outside = looked.flatMap(({ index, certificate }) => judgeOne(scene, chain, index, certificate))
      return {
        findings: [...outside, ...judgeAnchor(scene, chain), ...judgeClock(scene, looked)],
        missing: outside.some(({ effect }) => effect === 'unknown') ? [openDates(scene)] : [],
      }
    },
  },
]

/** Those of the path; where there is none, all that were sent. */
function lookedAt(chain: ChainRead): { readonly index: number; readonly certificate: Certificate }[] {
  const indexes = chain.path.used?.indexes ?? chain.certificates.map((_, index) => index)
  return indexes.flatMap((index) => {
    const certificate = chain.certificates[index]
    return certificate === undefined ? [] : [{ index, certificate }]
  })
}

function checksOf({ checks, device }: Scene): DatesChecked {
  const { state } = checks.dates
  return state === 'unknown' && device.verification.dates?.value === 'checked' ? 'where-verified' : state
}

function openDates(scene: Scene): Missing {
  return checksOf(scene) === 'where-verified'
    ? missing('measured-limit', 'whether the device verifies certificates is not known', 'peer')
    : missing('measured-limit', 'whether the device checks dates is not known', 'dates')
}

function judgeOne(scene: Scene, chain: ChainRead, index: number, certificate: Certificate): Draft[] {
  const { now } = scene
  const deviceChecks = checksOf(scene)
  // Where no path is known, the device may take another than the one over this certificate.
  const open = index > 0 && chain.path.used === undefined && outsideEffect(scene) === 'blocks'
  const effect = open ? 'unknown' : outsideEffect(scene)
  const subject = subjectAt(chain, index)
  const { notBefore, notAfter } = certificate
  if (notAfter < now) {
    const details = { index, subject, notAfter, daysAgo: days(now, notAfter), deviceChecks }
    return [draft('cert-expired', effect, details, { fixes: [fix('renew-certificate')] })]
  }
  if (notBefore > now) {
    const details = { index, subject, notBefore, inDays: days(notBefore, now), deviceChecks }
    // A device that does not look at its clock is not helped by setting it.
    const clock = deviceChecks === 'unchecked' ? [] : [fix('set-clock')]
    const fixes = [...clock, fix('renew-certificate')]
    return [draft('cert-not-yet-valid', effect, details, { fixes })]
  }
  const left = days(notAfter, now)
  if (left >= Math.min(SOON_DAYS, SOON_SHARE * days(notAfter, notBefore))) return []
  const details = { index, subject, notAfter, days: left }
  return [draft('expires-soon', 'risks', details, { fixes: [fix('renew-certificate')] })]
}

/** Whatever the device does not check is still a fault of the server's, and worth a warning. */
function outsideEffect({ checks }: Scene): Effect {
  if (checks.dates.state === 'checked') return 'blocks'
  return checks.dates.state === 'unchecked' ? 'risks' : 'unknown'
}

/** Stacks differ over an expired anchor: Mbed TLS refuses it, BearSSL does not look, wolfSSL does not load it. */
function judgeAnchor(scene: Scene, chain: ChainRead): Draft[] {
  const { now, checks } = scene
  const anchor = chain.path.used?.anchor
  // A leaf that is its own anchor was looked at already.
  if (anchor === undefined || anchor.notAfter >= now || anchor.sha256 === chain.leaf?.sha256) return []
  const subject = anchor.subject.commonName ?? anchor.subject.text
  const { notAfter } = anchor
  const details = { subject, notAfter, daysAgo: days(now, notAfter), ...assumption(chain) }
  const effect = checks.dates.state === 'unchecked' ? 'info' : 'unknown'
  return [draft('anchor-expired', effect, details, { fixes: loadRootThatFits(scene, chain) })]
}

function judgeClock(
  { checks, device }: Scene,
  looked: readonly { readonly certificate: Certificate }[],
): Draft[] {
  if (checks.peer.state === 'unchecked') return []
  if (checks.dates.state === 'checked') {
    const notBefore = new Date(Math.max(...looked.map(({ certificate }) => certificate.notBefore.getTime())))
    const notAfter = new Date(Math.min(...looked.map(({ certificate }) => certificate.notAfter.getTime())))
    return [draft('clock-needed', 'info', { notBefore, notAfter })]
  }
  const source = device.verification.dates?.source
  if (checks.dates.state !== 'unchecked' || source === undefined) return []
  return [draft('dates-unchecked', 'info', { source })]
}

/** Whole days from one to the other, rounded down. */
function days(later: Date, earlier: Date): number {
  return Math.floor((later.getTime() - earlier.getTime()) / DAY_MS)
}
