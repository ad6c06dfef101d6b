import type { KeyPlace } from '../finding/details.ts'
import type { Effect } from '../finding/finding.ts'
import { parseNamedGroup } from '../tls/named-groups.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import { weigh } from '../x509/weight.ts'
import { subjectAt } from './chain-size.ts'
import { loadRootThatFits, updateThatLifts } from './fixes.ts'
import { hasBrokenHash } from './issuing.ts'
import { compareWithDevice, exactly } from './limits.ts'
import { lowestFigure, marginsOf } from './margins.ts'
import { missing } from './missing.ts'
import { type Draft, draft, fix, type Judged, type Rule } from './rule.ts'
import { assumption, type ChainRead, type Scene } from './scene.ts'
import type { StackView } from './stack-view.ts'
import type { Margin } from './verdict.ts'

/** A leaf above this is worth taking apart even where it fits: ordinary ones have 1.2 to 1.9 kB. */
const HEAVY_LEAF_BYTES = 2_000

/** Number, keys, algorithms and weight of the certificates sent. */
export const chainContents: Rule = {
  stage: 'chain',
  needs: ['chain'],
  judge(scene) {
    const chain = scene.leg.chain!
    const parts = [
      judgeDepth(scene, chain),
      judgeKeys(scene, chain),
      judgeSignatures(scene, chain),
      judgeUnreadable(chain),
    ]
    return {
      findings: [
        ...parts.flatMap((part) => part.findings ?? []),
        ...superfluous(chain),
        ...heaviest(scene, chain),
      ],
      margins: parts.flatMap((part) => part.margins ?? []),
      missing: parts.flatMap((part) => part.missing ?? []),
    }
  },
}

function judgeDepth({ device }: Scene, chain: ChainRead): Judged {
  const limit = device.limits.chainCertificates
  const certificates = chain.certificates.length
  const path = chain.path.used?.indexes.length
  const demand = {
    // Stacks that count while they verify leave out what the path does not need; others count all.
    items: { least: path ?? 0, most: certificates },
    sent: exactly(certificates),
    path: path === undefined ? { least: 0, most: certificates } : exactly(path),
  }
  const compared = compareWithDevice(device, 'chainCertificates', demand)
  const margins = marginsOf('chainCertificates', limit, demand).map(
    (margin): Margin => ({ ...margin, unit: 'certificates' }),
  )
  const limitItems = lowestFigure(limit) ?? compared.high ?? certificates
  const details = { certificates, limit: limitItems }
  const fixes = [fix('use-shorter-chain'), fix('front-small-chain')]
  if (compared.outcome === 'over')
    return { findings: [draft('chain-too-deep', 'blocks', details, { limit, fixes })], margins }
  if (compared.outcome === 'open') {
    return { findings: [draft('chain-too-deep', 'unknown', details, { limit, fixes })], margins }
  }
  return { margins }
}

interface Worked {
  readonly place: KeyPlace
  readonly certificate: Certificate
}

/** Certificates whose keys and signatures the device works with: those of its path, else all but a root sent. */
function worked(chain: ChainRead): { readonly index: number; readonly certificate: Certificate }[] {
  const indexes = chain.path.used?.indexes ?? chain.certificates.map((_, index) => index)
  return indexes.flatMap((index) => {
    const certificate = chain.certificates[index]
    return certificate === undefined ? [] : [{ index, certificate }]
  })
}

/** The anchor at which the path ends, where its key verifies the last signature: a leaf that is held is compared alone. */
function workedAnchor(chain: ChainRead): Worked | undefined {
  const { path, certificates } = chain
  if (path.used === undefined) return undefined
  const { anchor, certificates: walked } = path.used
  if (walked.some(({ publicKey }) => equalBytes(publicKey.spki, anchor.publicKey.spki))) return undefined
  const at = certificates.findIndex((one) => one?.sha256 === anchor.sha256)
  const subject = anchor.subject.commonName ?? anchor.subject.text
  const index = at < 0 ? undefined : at
  return { place: { index, subject, ...assumption(chain) }, certificate: anchor }
}

function judgeKeys(scene: Scene, chain: ChainRead): Judged {
  const anchor = workedAnchor(chain)
  const sent = worked(chain).map(({ index, certificate }): Worked => {
    return { place: { index, subject: subjectAt(chain, index) }, certificate }
  })
  const all = [...sent, ...(anchor === undefined ? [] : [anchor])]
  const judged = all.map((one) => {
    const { findings = [], missing: asked } = judgeKey(scene, one)
    return { findings: one === anchor ? findings.map((own) => ofAnchor(scene, chain, own)) : findings, asked }
  })
  const rsaBits = all.flatMap(({ certificate: { publicKey } }) =>
    publicKey.kind === 'rsa' ? [publicKey.bits] : [],
  )
  const demand = { bits: exactly(Math.max(0, ...rsaBits)) }
  const margins = rsaBits.length === 0 ? [] : marginsOf('rsaKeyBits', scene.device.limits.rsaKeyBits, demand)
  return {
    findings: judged.flatMap(({ findings }) => findings),
    margins,
    missing: judged.flatMap(({ asked }) => asked ?? []),
  }
}

/** Only who verifies works with an anchor's key; and a device that is only assumed to hold it may hold another. */
function ofAnchor(scene: Scene, chain: ChainRead, own: Draft): Draft {
  const others = loadRootThatFits(scene, chain)
  const fixes = others.length === 0 ? own.fixes : [...others, ...(own.fixes ?? [])]
  if (scene.checks.peer.state === 'unchecked') return { ...own, effect: 'info' }
  const effect = chain.path.assumed && own.effect === 'blocks' ? 'unknown' : own.effect
  return { ...own, effect, ...(fixes === undefined ? {} : { fixes }) }
}

function judgeKey(scene: Scene, { place, certificate }: Worked): Judged {
  const { device } = scene
  const { index } = place
  const { publicKey: key } = certificate
  if (key.kind === 'rsa') return { findings: judgeRsa(scene, place, key.bits) }
  if (key.kind !== 'ec') {
    const kind = key.kind === 'unknown' ? key.oid : key.kind
    const why = 'whether the stack knows that kind of key'
    return {
      findings: [draft('key-type-unsupported', 'unknown', { ...place, key: kind })],
      missing: [missing('client-hello-capture', why, 'signatureSchemes')],
    }
  }
  const unsigned = index === 0 ? signsNothing(scene) : undefined
  const effect = unsigned ?? curveEffect(scene, index, key.curve)
  if (effect === undefined) {
    if (!isUnusualCurve(scene, index, key.curve)) return {}
    const details = { what: 'curve' as const, algorithm: key.curve, ...place }
    return {
      findings: [draft('algorithm-unproved', 'unknown', details)],
      missing: [missing('client-hello-capture', 'which curves the device computes with', 'groups')],
    }
  }
  const source = device.build.keyExchanges?.source
  const why = unsigned === undefined || source === undefined ? {} : { exchangeSource: source }
  const found = draft('key-type-unsupported', effect, { ...place, key: key.curve, ...why })
  if (effect !== 'unknown') return { findings: [found] }
  const open =
    unsigned === undefined
      ? 'whether the stack computes with that curve'
      : 'whether its build exchanges keys by ECDHE'
  return { findings: [found], missing: [missing('client-hello-capture', open, 'groups')] }
}

/**
 * What a key on that curve does: nothing where the device is known to take it. The groups that it offers bound the
 * curves of the server's certificates as well (RFC 8422 §5.1.1), but need not be all that it computes with.
 */
function curveEffect(
  { device, checks }: Scene,
  index: number | undefined,
  curve: string,
): Effect | undefined {
  const { certificateGroups: taken, rules } = device.build
  if (parseNamedGroup(curve) === undefined) return undefined
  if (taken !== undefined && rules === undefined) {
    if (taken.value.includes(curve)) return undefined
    // The keys of issuers are only used where the chain is verified.
    if (index !== 0 && checks.peer.state === 'unchecked') return 'info'
    return taken.confidence === 'inferred' ? 'unknown' : 'blocks'
  }
  const { groups } = device.hello
  return groups === undefined || groups.value.includes(curve) ? undefined : 'unknown'
}

/** Whether the rules of the device's library say what becomes of an algorithm, whatever its build has. */
function isSettledBy(stack: StackView | undefined): boolean {
  if (!stack?.verified) return false
  const refuses = stack.failures.some(({ reasons }) =>
    reasons.some(({ kind }) => kind === 'algorithm-unsupported'),
  )
  return refuses || !stack.stack.leavesOut
}

/** Of a device of whose curves nothing is known: whether ordinary servers have none such. */
function isUnusualCurve(
  { device, checks, ordinary, stack }: Scene,
  index: number | undefined,
  curve: string,
): boolean {
  if (isSettledBy(stack)) return false
  if (ordinary?.certificateGroups === undefined || ordinary.certificateGroups.includes(curve)) return false
  if (device.hello.groups !== undefined || device.build.certificateGroups !== undefined) return false
  return index === 0 || checks.peer.state !== 'unchecked'
}

/**
 * A leaf with an EC key signs in ECDHE; static RSA and DHE_RSA want an RSA key, RFC 5246 §7.4.2. A server may keep another
 * leaf for who offers those alone: in a file that is not seen, and an endpoint that sent this one was offered more.
 */
function signsNothing({ device, leg }: Scene): Effect | undefined {
  const { keyExchanges } = device.build
  const { cipherSuites, versions } = device.hello
  if (keyExchanges === undefined || keyExchanges.value.includes('ecdhe')) return undefined
  // TLS 1.3 has (EC)DHE always, and a list of suites says it by itself.
  if (cipherSuites !== undefined || versions === undefined || versions.value.includes('TLSv1.3'))
    return undefined
  return keyExchanges.confidence === 'inferred' || leg.first?.hello !== undefined ? 'unknown' : 'blocks'
}

function judgeRsa({ device, ordinary, checks }: Scene, place: KeyPlace, keyBits: number): Draft[] {
  const limit = device.limits.rsaKeyBits
  const compared = compareWithDevice(device, 'rsaKeyBits', { bits: exactly(keyBits) })
  const found: Draft[] = []
  if (compared.outcome === 'over') {
    const details = { ...place, keyBits, limitBits: compared.high ?? lowestFigure(limit) ?? keyBits }
    const fixes = [fix('front-small-chain'), fix('serve-other-key'), fix('tls-on-application-core')]
    found.push(draft('rsa-key-too-large', 'blocks', details, { limit, fixes }))
  } else if (compared.outcome === 'open' || keyBits > (lowestFigure(limit) ?? keyBits)) {
    // Taken by field rows and refused by a report: the rows weigh more, and the report is not hidden.
    const effect = compared.outcome === 'open' ? 'unknown' : 'risks'
    const reported = limit?.note ?? limit?.source ?? compared.rows.map(({ source }) => source).join('; ')
    found.push(draft('rsa-key-unproved', effect, { ...place, keyBits, reported }, { limit }))
  }
  if (compared.outcome === 'none' && ordinary?.rsaKeyBits !== undefined && keyBits > ordinary.rsaKeyBits) {
    found.push(draft('rsa-key-unproved', 'unknown', { ...place, keyBits, reported: 'nothing' }))
  }
  const least = device.limits.rsaKeyBitsMin
  if (typeof least?.value === 'number' && keyBits < least.value) {
    const details = { ...place, keyBits, limitBits: least.value }
    // A key too small is only refused by who verifies; one too large cannot be computed with at all.
    const effect = checks.peer.state === 'unchecked' ? 'info' : 'blocks'
    found.push(draft('rsa-key-too-small', effect, details, { limit: least, fixes: [fix('serve-other-key')] }))
  }
  return found
}

/** The signature of a root that is sent or held is not verified by anyone. */
function judgeSignatures(scene: Scene, chain: ChainRead): Judged {
  const { device, checks } = scene
  const accepted = device.verification.certificateSignatures?.value
  if (accepted === undefined) return judgeUnusualSignatures(scene, chain)
  const effect = checks.peer.state === 'unchecked' ? 'info' : 'blocks'
  return {
    findings: worked(chain)
      .filter(
        ({ certificate }) => !certificate.selfIssued && !accepted.includes(certificate.signatureAlgorithm),
      )
      .map(({ index, certificate }) => {
        const algorithm = certificate.signatureAlgorithm
        const details = { index, subject: subjectAt(chain, index), algorithm, accepted }
        // A device that reads no certificate at all is not helped by another chain.
        const fixes =
          accepted.length === 0
            ? [fix('other-module')]
            : [
                ...updateThatLifts(
                  device,
                  ({ certificateSignatures }) => certificateSignatures?.value.includes(algorithm) ?? false,
                ),
                fix('front-small-chain'),
                fix('serve-other-key'),
              ]
        return draft('sigalg-unsupported', effect, details, { fixes })
      }),
  }
}

/** Of a device of whose algorithms nothing is known, not even what it offers. */
function judgeUnusualSignatures({ device, checks, ordinary, stack }: Scene, chain: ChainRead): Judged {
  if (isSettledBy(stack)) return {}
  const usual = ordinary?.certificateSignatures
  if (usual === undefined || checks.peer.state === 'unchecked') return {}
  if (device.hello.signatureSchemes !== undefined) return {}
  const unusual = worked(chain).filter(({ certificate }) => {
    const { selfIssued, signatureAlgorithm } = certificate
    // A weak one has a finding of its own.
    return !selfIssued && !usual.includes(signatureAlgorithm) && !hasBrokenHash(certificate)
  })
  if (unusual.length === 0) return {}
  return {
    findings: unusual.map(({ index, certificate: { signatureAlgorithm: algorithm } }) => {
      const details = { what: 'signature' as const, algorithm, index, subject: subjectAt(chain, index) }
      return draft('algorithm-unproved', 'unknown', details)
    }),
    missing: [missing('client-hello-capture', 'which signatures the device verifies', 'signatureSchemes')],
  }
}

function judgeUnreadable(chain: ChainRead): Judged {
  return {
    findings: chain.unreadable.map(({ index, why }) =>
      draft(
        'protocol-violation',
        'unknown',
        { reason: 'malformed', detail: `certificate ${index + 1}: ${why}` },
        {
          stage: 'chain',
        },
      ),
    ),
  }
}

/** What could be left out: a root, a copy, what the path does not need. Only told where a path is known. */
function superfluous(chain: ChainRead): Draft[] {
  const needed = new Set(chain.path.used?.indexes)
  const seen = new Set<string>()
  const groups = { duplicate: [] as number[], root: [] as number[], unused: [] as number[] }
  chain.certificates.forEach((certificate, index) => {
    if (certificate === undefined) return
    if (seen.has(certificate.sha256)) groups.duplicate.push(index)
    else if (index > 0 && certificate.selfIssued && !needed.has(index)) groups.root.push(index)
    else if (chain.path.used !== undefined && !needed.has(index)) groups.unused.push(index)
    seen.add(certificate.sha256)
  })
  return (['duplicate', 'root', 'unused'] as const)
    .filter((why) => groups[why].length > 0)
    .map((why) => {
      const indexes = groups[why]
      const bytes = indexes.reduce((sum, index) => sum + chain.derBytes[index]!, 0)
      const details = { indexes, bytes, why, ...(why === 'unused' ? assumption(chain) : {}) }
      return draft('superfluous-certificates', 'info', details)
    })
}

/** Why the heaviest certificate is heavy: where a size does not fit, or the leaf is larger than leaves are. */
function heaviest({ device }: Scene, chain: ChainRead): Draft[] {
  const index = chain.derBytes.indexOf(Math.max(...chain.derBytes))
  const certificate = chain.certificates[index]
  if (certificate === undefined) return []
  const tight = (figure: number | undefined, bytes: number) => figure !== undefined && bytes > figure * 0.9
  const { chainBytes, certificateBytes, handshakeMessageBytes } = device.limits
  const troubled =
    tight(lowestFigure(chainBytes), chain.sentBytes) ||
    tight(lowestFigure(certificateBytes), chain.derBytes[index]!) ||
    tight(lowestFigure(handshakeMessageBytes), chain.messageBytes)
  if (!troubled && chain.derBytes[0]! <= HEAVY_LEAF_BYTES) return []
  const subject = subjectAt(chain, index)
  return [
    draft('heavy-certificate', 'info', {
      index,
      subject,
      certificateBytes: certificate.der.length,
      ...weigh(certificate),
    }),
  ]
}
