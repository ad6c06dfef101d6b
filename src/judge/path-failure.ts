import type { Details } from '../finding/details.ts'
import type { Effect, FixSuggested } from '../finding/finding.ts'
import { lacksIntermediate } from '../trust/missing-issuer.ts'
import type { PathSearch } from '../trust/path.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import { issuerUrls } from '../x509/authority-info.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import type { Name } from '../x509/name.ts'
import { subjectAt } from './chain-size.ts'
import { frontSmallChain, loadPrivateRoot, loadRootThatFits } from './fixes.ts'
import { replaceLeaf, trustEffect } from './path.ts'
import { type Draft, type DraftExtras, draft, fix } from './rule.ts'
import { type ChainRead, knownRootOf, type Scene } from './scene.ts'

/** Why no path leads from the leaf to what the device holds, most telling reason first. One finding. */
export function judgeUntrusted(scene: Scene, chain: ChainRead, search: PathSearch): Draft[] {
  const effect = trustEffect(scene)
  const held = scene.trust.held!
  const leaf = chain.leaf!
  const wrong = search.wrongSignatures[0]
  if (wrong !== undefined && search.end?.index === wrong.index) {
    const details = { index: wrong.index, subject: subjectAt(chain, wrong.index) }
    return [draft('bad-chain-signature', effect, details, { fixes: [fix('serve-sound-chain')] })]
  }
  const stale = staleAnchor(leaf, chain, search, held)
  if (stale !== undefined)
    return [draft('anchor-not-presented', effect, stale, presentedFixes(scene, chain, stale.sameName))]
  const otherLeaf = held.find(({ certificate }) => isServerCertificate(certificate))
  if (otherLeaf !== undefined && held.length === 1) {
    const { subject, selfIssued } = otherLeaf.certificate
    const details = { subject: subject.commonName ?? subject.text, selfIssued }
    return [draft('leaf-as-anchor', effect, details, { fixes: [replaceLeaf(scene, chain)] })]
  }
  const end = search.end
  const issuer = end?.neededIssuer ?? leaf.issuer
  const top = chain.certificates[end?.index ?? 0] ?? leaf
  const alone = isSentAlone(top, chain, scene.trust.known)
  if (alone && lacksIntermediate(top)) return [missingIntermediate(top, effect, true)]
  const stored = [...loadRootThatFits(scene, chain), ...loadPrivateRoot(scene, chain, end)]
  const sent = alone ? [fix('send-intermediate', { issuer: nameOf(issuer), unlessRoot: 'yes' })] : []
  // Who has loaded a CA of one's own holds most likely the root of this one: public ones issue nothing like it.
  const own =
    alone && held.some(({ certificate }) => knownRootOf(certificate, scene.trust.known) === undefined)
  const fixes: FixSuggested[] = [
    ...(own ? [...sent, ...stored] : [...stored, ...sent]),
    frontSmallChain(scene, chain),
  ]
  const needed = rootNeeded(scene, chain, stored, issuer)
  return [draft('untrusted-root', effect, { ...needed, held: heldNames(held) }, { fixes })]
}

/**
 * The root that it is best to store, else the first that the chain leads to, else `end`, where it ends: servers send a root
 * as an older one has signed it, too, and then any of the two will do.
 */
export function rootNeeded(
  { now }: Scene,
  chain: ChainRead,
  stored: readonly FixSuggested[],
  end: Name,
): Pick<Details['untrusted-root'], 'neededIssuer' | 'otherRoots'> {
  const known = chain.path.known.paths
    .filter(({ anchor }) => anchor.notAfter >= now)
    .map(({ anchor }) => nameOf(anchor.subject))
  const neededIssuer = stored.map(({ with: facts }) => facts.root)[0]?.toString() ?? known[0] ?? nameOf(end)
  const others = [...known, nameOf(end)].some((name) => name !== neededIssuer)
  return { neededIssuer, ...(others ? { otherRoots: true } : {}) }
}

export function missingIntermediate(top: Certificate, effect: Effect, held: boolean): Draft {
  const issuer = top.issuer.commonName ?? top.issuer.text
  const subject = top.subject.commonName ?? top.subject.text
  const fixes = [fix('send-intermediate', { issuer })]
  return draft('missing-intermediate', effect, { subject, issuer, urls: issuerUrls(top), held }, { fixes })
}

/**
 * What is held is a self-issued certificate with the name of one that is presented, but another key; or both sides
 * are self-issued single certificates that have nothing in common.
 */
function staleAnchor(leaf: Certificate, chain: ChainRead, search: PathSearch, held: readonly HeldAnchor[]) {
  const byName = search.wrongAnchors[0]
  if (byName !== undefined) {
    const presented = chain.certificates[byName.index]!
    return {
      heldSubject: textOf(byName.anchor),
      // The certificate asks for an issuer of that name; a self-issued one is itself that issuer.
      presentedSubject: presented.selfIssued ? textOf(presented) : presented.issuer.text,
      sameName: true,
      sameKey: false,
    }
  }
  if (!leaf.selfIssued) return undefined
  const first = held[0]
  if (first === undefined) return undefined
  const sameName = held.find(({ certificate }) => equalBytes(certificate.subject.der, leaf.subject.der))
  const shown = (sameName ?? first).certificate
  return {
    heldSubject: textOf(shown),
    presentedSubject: textOf(leaf),
    sameName: sameName !== undefined,
    sameKey: equalBytes(shown.publicKey.spki, leaf.publicKey.spki),
  }
}

function nameOf({ commonName, text }: Name): string {
  return commonName ?? text
}

function textOf({ subject }: Certificate): string {
  return subject.text
}

/** Issued by another, and no CA: what a browser exports when asked for the certificate of a site. */
function isServerCertificate(certificate: Certificate): boolean {
  return !certificate.selfIssued && !certificate.isCa
}

/** Only the leaf came, its issuer is no known root, and it did not sign itself: who issued it may be a root or not. */
function isSentAlone(top: Certificate, chain: ChainRead, known: readonly KnownRoot[]): boolean {
  const sentCas = chain.certificates.filter((certificate, index) => index > 0 && certificate?.isCa)
  const issuedByRoot = known.some(({ certificate }) => equalBytes(certificate.subject.der, top.issuer.der))
  return sentCas.length === 0 && !top.selfIssued && !issuedByRoot
}

/** What is held can be served again only where it is one of the server's own: that has the name. */
function presentedFixes(scene: Scene, chain: ChainRead, sameName: boolean): DraftExtras {
  const { sha256 } = chain.leaf!
  const alternatives = chain.leaf!.selfIssued ? [] : loadRootThatFits(scene, chain)
  return {
    fixes: [
      fix('load-presented-certificate', { sha256 }),
      ...alternatives,
      ...(sameName ? [fix('serve-held-certificate')] : []),
    ],
  }
}

/** Names of what is held, for a sentence. */
function heldNames(held: readonly HeldAnchor[]): string[] {
  return held.map(({ certificate, label }) => certificate.subject.commonName ?? label)
}
