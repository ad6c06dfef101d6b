import type { Candidate } from '../judge/replaying.ts'
import { checkSignature } from '../trust/check-signature.ts'
import { matchHost } from '../trust/name-match.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { LoggedCertificate } from './log-feed.ts'
import { type UntoldCertificate, untoldCertificate } from './untold-certificate.ts'

/** What an endpoint serves, and what is known of its issuers. */
export interface LoggedContext {
  readonly host: string
  /** As sent, of all chains that were met. */
  readonly served: readonly Certificate[]
  /** Other certificates that may issue: those of the calendar, roots. */
  readonly known: readonly Certificate[]
  readonly roots: readonly Certificate[]
  readonly now: Date
}

export interface LoggedChains {
  readonly candidates: readonly Candidate[]
  /** Certificates for the host of which it cannot be told what a server would send. */
  readonly untold: readonly UntoldCertificate[]
}

/** Of one host; more are renewed side by side only where something goes wrong. */
const candidatesAtMost = 4
const chainAtMost = 6

/**
 * Chains that the endpoint would serve with a certificate that was logged for it and is newer than what it serves: the
 * intermediates are those that it sends today, then those that came with the entry, then those that are known, each
 * checked by its signature; the root is left out. A precertificate has not the size of what is issued from it, so it
 * says only that there will be one; the certificate itself, logged too, stands for both.
 */
export function loggedChains(logged: readonly LoggedCertificate[], context: LoggedContext): LoggedChains {
  const { host, served, now } = context
  const held = new Set(served.map(({ sha256 }) => sha256))
  const leaves = served.filter(({ isCa }) => !isCa)
  const newest = Math.max(0, ...leaves.map(({ notBefore }) => notBefore.getTime()))
  const own = new Map(logged.map((entry) => [entry.certificate.sha256, entry]))
  const finals = new Set(
    [...own.values()].flatMap(({ certificate, isPrecertificate }) =>
      isPrecertificate ? [] : [issueOf(certificate)],
    ),
  )
  const servedIssues = new Set(leaves.map(issueOf))
  const news = [...own.values()]
    .filter(({ certificate }) => !certificate.isCa && !held.has(certificate.sha256))
    .filter(({ certificate }) => certificate.notBefore.getTime() >= newest && certificate.notAfter > now)
    .filter(({ certificate }) => !servedIssues.has(issueOf(certificate)))
    .filter(({ certificate, isPrecertificate }) => !isPrecertificate || !finals.has(issueOf(certificate)))
    .filter(({ certificate }) => matchHost(certificate, host).matched)
    .sort((a, b) => b.certificate.notBefore.getTime() - a.certificate.notBefore.getTime())
    .slice(0, candidatesAtMost)
  const candidates: Candidate[] = []
  const untold: UntoldCertificate[] = []
  for (const entry of news) {
    const path = entry.isPrecertificate ? undefined : pathOf(entry, context)
    if (path?.isWhole === true)
      candidates.push({ name: nameOf(entry), certificates: path.chain.map(({ der }) => der) })
    else untold.push(untoldCertificate(entry, path?.last))
  }
  return { candidates, untold }
}

/** What a precertificate and its certificate have in common, RFC 6962 §3.1. */
function issueOf({ serialHex, authorityKeyId, issuer }: Certificate): string {
  return `${serialHex} ${authorityKeyId ?? issuer.text}`
}

/** `last`: the one whose issuer is not known; undefined: the path is longer than is followed. */
type LoggedPath =
  | { readonly isWhole: true; readonly chain: readonly Certificate[] }
  | { readonly isWhole: false; readonly last?: Certificate | undefined }

/** Up to a root that is known, or that signs itself; the root is left out. */
function pathOf({ certificate, issuers }: LoggedCertificate, context: LoggedContext): LoggedPath {
  const roots = new Set(context.roots.map(({ sha256 }) => sha256))
  const pool = [...context.served, ...issuers, ...context.known, ...context.roots]
  const chain = [certificate]
  while (chain.length <= chainAtMost) {
    const last = chain.at(-1) as Certificate
    const issuer = pool.find((one) => isIssuer(one, last))
    if (issuer === undefined) return { isWhole: false, last }
    if (issuer.selfIssued || roots.has(issuer.sha256)) return { isWhole: true, chain }
    chain.push(issuer)
  }
  return { isWhole: false }
}

function isIssuer(one: Certificate, of: Certificate): boolean {
  if (one.sha256 === of.sha256 || !one.isCa || one.subject.text !== of.issuer.text) return false
  const { authorityKeyId } = of
  if (authorityKeyId !== undefined && one.subjectKeyId !== undefined && one.subjectKeyId !== authorityKeyId)
    return false
  return checkSignature(of, one) === 'valid'
}

/** Behind `With the chain of …`. */
function nameOf({ certificate: { sha256, notBefore }, loggedAt }: LoggedCertificate): string {
  const print = `SHA-256 ${sha256.slice(0, 16)}`
  return loggedAt === undefined
    ? `a certificate in a log, valid from ${dayOf(notBefore)} (${print})`
    : `a certificate logged on ${dayOf(loggedAt)} (${print})`
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}
