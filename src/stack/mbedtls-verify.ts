import type { Device } from '../device/device.ts'
import { parseNamedGroup } from '../tls/named-groups.ts'
import { checkSignature } from '../trust/check-signature.ts'
import type { Certificate } from '../x509/certificate.ts'
import { tags } from '../x509/der.ts'
import type { NameAttribute } from '../x509/name.ts'
import { signatureParts } from '../x509/oids.ts'
import { type Build, readBuild } from './mbedtls-build.ts'
import { type Parsed, parse } from './mbedtls-parse.ts'
import { lowerAscii, matchesHost, sameNames } from './names.ts'
import type { ChainSeen, StackFailure, StackReason } from './stack.ts'

/** Verify flags, include/mbedtls/x509.h: MBEDTLS_X509_BADCERT_*. */
const badcert = {
  expired: 0x01,
  nameMismatch: 0x04,
  notTrusted: 0x08,
  future: 0x0200,
  keyUsage: 0x0800,
  extKeyUsage: 0x1000,
  badMd: 0x4000,
  badPk: 0x8000,
  badKey: 0x10000,
} as const

/**
 * ssl_parse_certificate_chain and mbedtls_x509_crt_verify of 2.28 and 3.6: every certificate sent is parsed first,
 * then name, key and path are looked at, all flags are collected, and one code is returned.
 */
export function verifyMbedtls(chain: ChainSeen, device: Device): StackFailure | undefined {
  const build = readBuild(device)
  const parsed: Parsed[] = []
  for (const [index, certificate] of chain.certificates.entries()) {
    const outcome = parse(certificate, index, build)
    if (outcome === 'skipped') continue
    if ('code' in outcome) return outcome
    parsed.push(outcome)
  }
  if (!chain.verifies) return undefined
  return judgeParsed(chain, parsed, build)
}

/**
 * mbedtls_x509_crt_parse: of several, those that cannot be read are left out; where none can, the first one's error is
 * the device's.
 */
export function loadMbedtlsAnchors(
  anchors: readonly Certificate[],
  device: Device,
): StackFailure | undefined {
  const build = readBuild(device)
  const outcomes = anchors.map((anchor) => parse(anchor, 0, build))
  if (
    outcomes.length === 0 ||
    outcomes.some((outcome) => outcome !== 'skipped' && 'certificate' in outcome)
  ) {
    return undefined
  }
  const [first] = outcomes
  const failure = first === 'skipped' || first === undefined ? undefined : (first as StackFailure)
  const detail =
    failure?.reasons[0]?.detail ?? `signed with ${anchors[0]!.signatureAlgorithm}, which is not built in`
  return {
    reasons: [{ kind: 'no-anchor', detail }],
    code: failure?.code ?? '-0x262E',
    early: true,
    setup: true,
  }
}

/** Those that the library could read. */
function usable(anchors: readonly Certificate[], build: Build): Certificate[] {
  return anchors.filter((anchor) => {
    const outcome = parse(anchor, 0, build)
    return outcome !== 'skipped' && 'certificate' in outcome
  })
}

function judgeParsed(chain: ChainSeen, parsed: readonly Parsed[], build: Build): StackFailure | undefined {
  const anchors = usable(chain.anchors, build)
  if (anchors.length === 0)
    return { reasons: [{ kind: 'no-anchor' }], code: '-0x7680', alert: 48, early: true }
  const leaf = parsed[0]
  const found = new Flags()
  if (leaf === undefined) return emptyChain(chain)
  if (leaf.index !== 0)
    found.note('algorithm-unsupported', 0, {
      detail: 'its signature algorithm is not built in, so it is passed over',
    })
  const name = compareName(leaf.certificate, chain.host, build)
  if (name !== 'match') {
    found.add(badcert.nameMismatch, 'name-mismatch', leaf.index, name === 'open' ? { open: true } : {})
  }
  checkKey(found, leaf.certificate, leaf.index, build)
  const fatal = walk({ ...chain, anchors }, parsed, build, found)
  if (fatal !== undefined) return fatal
  const verified = found.flags === 0
  secondaryChecks(chain, leaf, build, found)
  if (found.flags === 0) return undefined
  const uncertain = found.reasons.every(({ open }) => open) ? { uncertain: true } : {}
  return {
    ...uncertain,
    reasons: found.reasons,
    code: verified ? '-0x7A00' : '-0x2700',
    flags: `0x${found.flags.toString(16).toUpperCase().padStart(2, '0')}`,
    alert: alertFor(found.flags),
  }
}

/** mbedtls_x509_crt_verify_name. `open`: as an iPAddress only, which is compared from 3.5 on (Mbed-TLS/mbedtls PR 7436). */
function compareName(
  leaf: Certificate,
  host: string | undefined,
  { rules, addresses }: Build,
): 'match' | 'mismatch' | 'open' {
  const uriSan = rules === 'mbedtls-3'
  if (host === undefined || matchesHost(leaf, host, { ipSan: false, uriSan, rawText: true })) return 'match'
  if (addresses === 'unmatched' || !matchesHost(leaf, host, { ipSan: true, rawText: true })) return 'mismatch'
  return addresses === 'matched' ? 'match' : 'open'
}

/** Every certificate was passed over: nothing has a name, a key or an issuer. */
function emptyChain({ host }: ChainSeen): StackFailure {
  const flags = badcert.notTrusted | badcert.badMd | badcert.badPk | badcert.badKey
  const all = host === undefined ? flags : flags | badcert.nameMismatch
  const detail = 'its signature algorithm is not built in, so it is passed over'
  return {
    reasons: [{ kind: 'algorithm-unsupported', index: 0, detail }],
    code: '-0x2700',
    flags: `0x${all.toString(16).toUpperCase()}`,
    alert: alertFor(all),
  }
}

type More = Pick<StackReason, 'detail' | 'open'>

/** Flags as they are collected, with the reason for each. */
class Flags {
  flags = 0
  readonly reasons: StackReason[] = []

  add(flag: number, kind: StackReason['kind'], index: number | undefined, more?: More): void {
    this.flags |= flag
    this.note(kind, index, more)
  }

  note(kind: StackReason['kind'], index: number | undefined, more: More = {}): void {
    this.reasons.push({ kind, index, ...more })
  }
}

/** x509_crt_verify_chain: upwards from the leaf, to a trusted issuer as soon as there is one. */
function walk(
  { anchors, now }: ChainSeen,
  parsed: readonly Parsed[],
  build: Build,
  found: Flags,
): StackFailure | undefined {
  let child: Parsed | { certificate: Certificate; index: undefined } = parsed[0]!
  let trusted = false
  let selfIssued = 0
  for (let length = 1; ; length++) {
    const { certificate, index } = child
    checkDates(found, certificate, index, now)
    if (trusted) return undefined
    const hash = certificate.pssHash ?? signatureParts(certificate.signatureAlgorithm).hash
    if (hash !== undefined && !build.allowed.has(hash)) {
      found.add(badcert.badMd, 'algorithm-unsupported', index, { detail: `signed with ${hash}` })
    }
    if (
      length === 1 &&
      certificate.selfIssued &&
      anchors.some(({ sha256 }) => sha256 === certificate.sha256)
    ) {
      return undefined
    }
    const search = { pathCount: length - 1, selfIssued, now }
    const anchor = findParent(
      certificate,
      anchors.map((one) => ({ certificate: one, index: undefined })),
      true,
      search,
    )
    const later = parsed.filter((one) => one.index > (index ?? 0))
    const parent = anchor ?? findParent(certificate, later, false, search)
    if (parent === undefined) {
      found.add(badcert.notTrusted, 'untrusted', index)
      return undefined
    }
    if (length > 1 && certificate.selfIssued) selfIssued++
    if (anchor === undefined && length > build.intermediates) {
      return {
        reasons: [{ kind: 'chain-too-large' }],
        code: '-0x3000',
        flags: '0xFFFFFFFF',
        alert: 49,
        early: true,
      }
    }
    if (!parent.signed) found.add(badcert.notTrusted, 'untrusted', index)
    checkKey(found, parent.certificate, parent.index, build)
    trusted = anchor !== undefined
    child = { certificate: parent.certificate, index: parent.index } as typeof child
  }
}

interface Search {
  readonly pathCount: number
  readonly selfIssued: number
  readonly now: Date | undefined
}

type Candidate = { readonly certificate: Certificate; readonly index: number | undefined }

/**
 * x509_crt_find_parent_in: the first whose name, CA flag, key usage and path length fit and whose dates hold; else the
 * first whose dates do not. A trusted one must have signed, one that was sent is taken by its name alone.
 */
function findParent(
  child: Certificate,
  candidates: readonly Candidate[],
  top: boolean,
  { pathCount, selfIssued, now }: Search,
): (Candidate & { readonly signed: boolean }) | undefined {
  let fallback: (Candidate & { readonly signed: boolean }) | undefined
  for (const candidate of candidates) {
    const { certificate: parent } = candidate
    if (!sameNames(child.issuer, parent.subject, textOf)) continue
    const needsCa = !(top && parent.version < 3)
    if (needsCa && !parent.isCa) continue
    if (needsCa && !mayBeUsed(parent, 'keyCertSign')) continue
    if (parent.pathLength !== undefined && parent.pathLength < pathCount - selfIssued) continue
    const signed = checkSignature(child, parent) === 'valid'
    if (top && !signed) continue
    if (now !== undefined && (parent.notAfter < now || parent.notBefore > now)) {
      fallback ??= { ...candidate, signed }
      continue
    }
    return { ...candidate, signed }
  }
  return fallback
}

/** x509_string_cmp: letter case does not count in two of the string types, and any other has to be the same. */
function textOf({ value, tag }: NameAttribute): string {
  return tag === tags.utf8String || tag === tags.printableString ? lowerAscii(value) : `${tag} ${value}`
}

/** mbedtls_x509_crt_check_key_usage: encipherOnly and decipherOnly must not be there unless they are asked for. */
function mayBeUsed({ keyUsage }: Certificate, use: string): boolean {
  if (keyUsage === undefined) return true
  return keyUsage.includes(use) && !keyUsage.includes('encipherOnly') && !keyUsage.includes('decipherOnly')
}

function checkDates(
  found: Flags,
  certificate: Certificate,
  index: number | undefined,
  now: Date | undefined,
): void {
  if (now === undefined) return
  if (certificate.notAfter < now) found.add(badcert.expired, 'expired', index)
  if (certificate.notBefore > now) found.add(badcert.future, 'not-yet-valid', index)
}

/** x509_profile_check_key: the size of an RSA key; from 3.0 on the curve of another. */
function checkKey(found: Flags, { publicKey }: Certificate, index: number | undefined, build: Build): void {
  const whole = build.rules === 'mbedtls-2'
  if (publicKey.kind === 'rsa' && rsaBits(publicKey.bits, whole) < build.minRsaBits) {
    found.add(badcert.badKey, 'algorithm-unsupported', index, { detail: `RSA key of ${publicKey.bits} bits` })
  }
  if (publicKey.kind === 'ec' && build.rules === 'mbedtls-3' && !curvesOf3.has(publicKey.curve)) {
    found.add(badcert.badKey, 'algorithm-unsupported', index, { detail: `key on ${publicKey.curve}` })
  }
}

/** mbedtls_pk_get_bitlen: up to 2.28 the modulus in whole bytes. */
function rsaBits(bits: number, whole: boolean): number {
  return whole ? 8 * Math.ceil(bits / 8) : bits
}

/** mbedtls_x509_crt_profile_default of 3.x. */
const curvesOf3: ReadonlySet<string> = new Set([
  'secp256r1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
])

/** What the TLS layer looks at once the path is done: the leaf's curve, its key usage and its purpose. */
function secondaryChecks(
  { version, keyExchange }: ChainSeen,
  { certificate, index }: Parsed,
  { rules, offered }: Build,
  found: Flags,
): void {
  const { publicKey, extendedKeyUsage } = certificate
  const checksCurve = rules === 'mbedtls-2' || version === undefined || version < 0x0304
  if (publicKey.kind === 'ec' && checksCurve && offered !== undefined) {
    const group = parseNamedGroup(publicKey.curve)
    if (group === undefined || !offered.has(group)) {
      found.add(badcert.badKey, 'algorithm-unsupported', index, { detail: `key on ${publicKey.curve}` })
    }
  }
  const needed = keyUsageFor(keyExchange)
  if (needed !== undefined && !mayBeUsed(certificate, needed)) {
    const without = !certificate.keyUsage?.includes(needed)
    const detail = without ? `key usage without ${needed}` : 'key usage with encipherOnly or decipherOnly'
    found.add(badcert.keyUsage, 'key-usage', index, { detail })
  }
  const purposes = ['serverAuth', 'anyExtendedKeyUsage']
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.some((one) => purposes.includes(one))) {
    found.add(badcert.extKeyUsage, 'key-usage', index, { detail: 'extended key usage without serverAuth' })
  }
}

function keyUsageFor(keyExchange: ChainSeen['keyExchange']): string | undefined {
  if (keyExchange === 'encrypted') return 'keyEncipherment'
  if (keyExchange === 'static-ecdh') return 'keyAgreement'
  return keyExchange === 'signed' ? 'digitalSignature' : undefined
}

/** ssl_parse_certificate_verify: one alert for all the flags. RFC 5246 §7.2. */
function alertFor(flags: number): number {
  if (flags & badcert.nameMismatch) return 42
  if (flags & (badcert.keyUsage | badcert.extKeyUsage | badcert.badPk | badcert.badKey)) return 43
  if (flags & badcert.expired) return 45
  return flags & badcert.notTrusted ? 48 : 46
}
