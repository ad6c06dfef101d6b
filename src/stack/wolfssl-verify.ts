import type { Device } from '../device/device.ts'
import { versions } from '../tls/versions.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { ChainSeen, StackFailure, StackReason } from './stack.ts'
import { matchesWolfsslDomain } from './wolfssl-name.ts'
import {
  criticalFault,
  type Fault,
  parseFault,
  RSASSA_PSS,
  readWolfsslBuild,
  type WolfsslBuild,
  wolfsslCodes,
} from './wolfssl-parse.ts'
import { authorityKeyIdOf, checkRelative, dateFault, keyIdOf, SignerTable } from './wolfssl-signers.ts'

/**
 * ProcessPeerCerts of 5.5: the certificates sent are looked at from the last one to the leaf; each CA that verifies
 * becomes a signer for the next. An error of the leaf counts before one of another, and of those the first.
 */
export function verifyWolfssl(chain: ChainSeen, device: Device): StackFailure | undefined {
  const build = readWolfsslBuild(device)
  if (build.layer !== undefined) return judgeChain(chain, { ...build, layer: build.layer })
  const without = judgeChain(chain, { ...build, layer: false })
  const withLayer = judgeChain(chain, { ...build, layer: true })
  if (without?.code === withLayer?.code) return without
  return { ...(without ?? withLayer)!, uncertain: true }
}

function judgeChain(chain: ChainSeen, build: WolfsslBuild): StackFailure | undefined {
  const { certificates } = chain
  const unread = certificates.slice(0, build.chainDepth).indexOf(undefined)
  if (unread >= 0) return failure(refused(unread), [], true)
  const sent = certificates as readonly Certificate[]
  if (sent.length > build.chainDepth && !build.layer) return failure(tooMany, [], true)
  const leaf = sent[0]
  if (leaf === undefined) return undefined
  const early = build.layer ? (parseFault(leaf, build) ?? criticalFault(leaf, build)) : undefined
  if (early !== undefined) return failure({ ...early, index: 0 }, [], true)
  const open = loadSigners(chain.anchors, chain.now, build)
  const extra = sent.length > build.chainDepth
  if (isTrustedPeer(leaf, chain, build))
    return judgeTrustedLeaf(leaf, chain, { open, build, errors: [], extra })
  const kept = sent.slice(0, build.chainDepth)
  const below = kept.slice(1).reverse()
  const errors: Found[] = []
  for (const [step, certificate] of below.entries()) {
    const fault = checkChainCertificate(certificate, open, chain, build)
    if (fault !== undefined) errors.push({ ...fault, index: below.length - step })
  }
  // What goes wrong last, and is not the first to, ends it before the leaf is looked at.
  const last = errors.at(-1)
  if (errors.length > 1 && last?.index === 1) return failure(last, errors, true)
  return judgeLeaf(leaf, chain, { open, build, errors, extra })
}

type Found = Fault & { readonly index: number | undefined }

const tooMany: Found = { code: 'MAX_CHAIN_ERROR', kind: 'chain-too-large', index: undefined }

function refused(index: number): Found {
  const detail = 'it cannot be read'
  return { code: 'ASN_PARSE_E', kind: 'certificate-refused', index, detail, uncertain: true }
}

/**
 * wolfSSL_CTX_load_verify_buffer: of several anchors those that fail are left out; where none is good, the error of the
 * last is the device's. Dates are looked at here.
 */
export function loadWolfsslAnchors(
  anchors: readonly Certificate[],
  device: Device,
  now: Date | undefined,
): StackFailure | undefined {
  const known = readWolfsslBuild(device)
  const build = { ...known, layer: known.layer ?? false }
  const table = new SignerTable()
  const faults = anchors.map((anchor) => loadAnchor(anchor, table, now, build))
  const fault = faults.at(-1)
  if (fault === undefined || faults.includes(undefined)) return undefined
  return { ...failure({ ...fault, index: undefined }, [], true), alert: undefined, setup: true }
}

function loadSigners(
  anchors: readonly Certificate[],
  now: Date | undefined,
  build: WolfsslBuild,
): SignerTable {
  const table = new SignerTable()
  for (const anchor of anchors) loadAnchor(anchor, table, now, build)
  return table
}

/** AddCA with WOLFSSL_USER_CA: it need be no CA. */
function loadAnchor(
  anchor: Certificate,
  table: SignerTable,
  now: Date | undefined,
  build: WolfsslBuild,
): Fault | undefined {
  const { fault, maxPathLength } = checkRelative(anchor, table, build, { verifies: true, anchor: true, now })
  // The size is compared whatever was found before, and a key on an unknown curve has none.
  const sized = fault?.code === 'ECC_CURVE_OID_E' ? { ...fault, code: 'ECC_KEY_SIZE_E' as const } : fault
  const found = keySizeFault(anchor, build) ?? sized
  if (found !== undefined) return found
  const keyId = keyIdOf(anchor)
  if (!table.has(keyId)) table.add({ certificate: anchor, keyId, maxPathLength })
  return undefined
}

/** One certificate above the leaf. What fails no CA can be, and what is no CA fails nothing by itself. */
function checkChainCertificate(
  certificate: Certificate,
  table: SignerTable,
  { verifies, now }: ChainSeen,
  build: WolfsslBuild,
): Fault | undefined {
  const { fault, maxPathLength } = checkRelative(certificate, table, build, { verifies, anchor: false, now })
  const found = fault ?? (verifies ? keySizeFault(certificate, build) : undefined)
  if (found !== undefined) {
    const ofPath = found.code === 'ASN_NO_SIGNER_E' || found.code === 'ASN_SELF_SIGNED_E'
    if (build.alternativeChains && certificate.isCa && ofPath) return undefined
    return found.code === 'ASN_SELF_SIGNED_E' ? { ...found, code: 'ASN_NO_SIGNER_E' } : found
  }
  if (!certificate.isCa || !verifies) return undefined
  const keyId = keyIdOf(certificate)
  // Only one that names its issuer's key is known again by its own before it is added.
  if (authorityKeyIdOf(certificate) !== undefined && table.has(keyId)) return undefined
  if (!certificate.selfIssued && !certificate.keyUsage?.includes('keyCertSign')) {
    const detail = 'key usage without keyCertSign'
    return { code: 'NOT_CA_ERROR', kind: 'issuer-refused', detail }
  }
  if (!table.has(keyId)) table.add({ certificate, keyId, maxPathLength })
  return undefined
}

interface Met {
  readonly open: SignerTable
  readonly build: WolfsslBuild
  readonly errors: readonly Found[]
  /** More were sent than it reads: the rest of the message is too much. */
  readonly extra: boolean
}

function judgeLeaf(leaf: Certificate, chain: ChainSeen, met: Met): StackFailure | undefined {
  const { verifies, now } = chain
  const { fault } = checkRelative(leaf, met.open, met.build, { verifies, anchor: false, now })
  if (fault !== undefined) return failure({ ...fault, index: 0 }, met.errors, false)
  return judgeTrustedLeaf(leaf, chain, met)
}

/**
 * GetTrustedPeer: with WOLFSSL_TRUST_PEER_CERT and OPENSSL_COMPATIBLE_DEFAULTS, which come with Debian's layer, a leaf
 * that is held itself needs no path.
 */
function isTrustedPeer(leaf: Certificate, { anchors, now }: ChainSeen, build: WolfsslBuild): boolean {
  return (
    build.layer && anchors.some(({ sha256 }) => sha256 === leaf.sha256) && dateFault(leaf, now) === undefined
  )
}

function judgeTrustedLeaf(
  leaf: Certificate,
  chain: ChainSeen,
  { build, errors, extra }: Met,
): StackFailure | undefined {
  const found = leafFaults(leaf, chain, build)
  const late = keyUseFault(leaf, chain, build)
  const first = found.at(-1) ?? errors[0] ?? (extra ? leftOver(chain) : undefined) ?? late
  return first && failure(first, [...found, ...errors], false)
}

/**
 * What is left of the message. In TLS 1.3 it is read as the next one, whose length, made of the certificate's, is too much;
 * where the message was joined from several records it is not.
 */
function leftOver(chain: ChainSeen): Found {
  if (!isTls13(chain)) return { ...tooMany, code: 'DECODE_E' }
  return { ...tooMany, code: 'HANDSHAKE_SIZE_ERROR', uncertain: chain.records !== 1 }
}

function isTls13({ version }: ChainSeen): boolean {
  return version !== undefined && version >= versions['TLSv1.3'].code
}

/** In the order of the checks: each one's error takes the place of the one before it. */
function leafFaults(leaf: Certificate, chain: ChainSeen, build: WolfsslBuild): Found[] {
  const faults: (Fault | undefined)[] = [usageFault(leaf, chain, build), purposeFault(leaf, chain, build)]
  const { host, verifies } = chain
  if (verifies && host !== undefined && !matchesWolfsslDomain(leaf, host, build.layer)) {
    faults.push({ code: 'DOMAIN_NAME_MISMATCH', kind: 'name-mismatch' })
  }
  if (verifies && !faults.some((one) => one !== undefined)) faults.push(leafSizeFault(leaf, build))
  return faults.flatMap((one) => (one === undefined ? [] : [{ ...one, index: 0 }]))
}

/** Not in TLS 1.3, whose suites name no key exchange. */
function usageFault(
  { keyUsage, extensions }: Certificate,
  chain: ChainSeen,
  build: WolfsslBuild,
): Fault | undefined {
  const { keyExchange, verifies } = chain
  if (keyUsage === undefined || isTls13(chain)) return undefined
  if (!verifies && !isChecked(extensions, 'keyUsage', build)) return undefined
  if (keyExchange === 'encrypted' && !keyUsage.includes('keyEncipherment'))
    return { code: 'KEYUSE_ENCIPHER_E', kind: 'key-usage', detail: 'key usage without keyEncipherment' }
  if (keyExchange === 'signed' && !keyUsage.includes('digitalSignature'))
    return { code: 'KEYUSE_SIGNATURE_E', kind: 'key-usage', detail: 'key usage without digitalSignature' }
  return undefined
}

function purposeFault(
  { extendedKeyUsage, extensions }: Certificate,
  { verifies }: ChainSeen,
  build: WolfsslBuild,
): Fault | undefined {
  const purposes = ['serverAuth', 'anyExtendedKeyUsage']
  if (extendedKeyUsage === undefined || extendedKeyUsage.some((one) => purposes.includes(one)))
    return undefined
  if (!verifies && !isChecked(extensions, 'extKeyUsage', build)) return undefined
  return { code: 'EXTKEYUSE_AUTH_E', kind: 'key-usage', detail: 'extended key usage without serverAuth' }
}

/** The layer leaves what is not critical alone where nothing is verified. */
function isChecked(extensions: Certificate['extensions'], name: string, { layer }: WolfsslBuild): boolean {
  return !layer || extensions.some((one) => one.name === name && one.critical)
}

/** What fast math has over FP_MAX_BITS: eight digits, of which half count. */
const SPARE_BITS = 256

/** The key is read, but what the server signs with it is not taken. */
function keyUseFault(leaf: Certificate, chain: ChainSeen, build: WolfsslBuild): Found | undefined {
  const { publicKey, oddities } = leaf
  if (chain.keyExchange !== 'signed' && !isTls13(chain)) return largeKeyFault(leaf, chain, build)
  // rsa_pss_pss_* is offered and decoded, and no branch of DoServerKeyExchange or DoTls13CertificateVerify knows it.
  if (publicKey.kind === 'unknown' && publicKey.oid === RSASSA_PSS) {
    const code = isTls13(chain) ? 'INVALID_PARAMETER' : 'ALGO_ID_E'
    return { code, kind: 'algorithm-unsupported', index: 0, detail: 'an RSA key for RSASSA-PSS alone' }
  }
  // HAVE_COMP_KEY, which comes with the layer.
  if (!build.layer && oddities.includes('a compressed point')) {
    const detail = 'a key whose point is compressed'
    return { code: 'PEER_KEY_ERROR', kind: 'algorithm-unsupported', index: 0, detail }
  }
  return largeKeyFault(leaf, chain, build)
}

/** The signature of the key exchange cannot be reckoned with it. */
function largeKeyFault(
  { publicKey }: Certificate,
  chain: ChainSeen,
  { maxRsaBits, layer }: WolfsslBuild,
): Found | undefined {
  if (publicKey.kind !== 'rsa' || publicKey.bits <= maxRsaBits) return undefined
  const detail = `RSA key of ${publicKey.bits} bits`
  const uncertain = !layer && publicKey.bits <= maxRsaBits + SPARE_BITS
  // DoTls13CertificateVerify has no room for such a signature in the first place, unless SP_INT_BITS makes it.
  const code = isTls13(chain) && !layer ? 'BUFFER_ERROR' : 'MP_EXPTMOD_E'
  return { code, kind: 'key-too-large', index: 0, detail, uncertain }
}

/** MIN_ECCKEY_SZ, bytes. */
const MIN_ECC_BYTES = 28
/** SEQUENCE, two INTEGER headers, a zero byte and the exponent 65537: what an RSAPublicKey has beyond its modulus. */
const rsaKeyOverhead = (modulusBytes: number) =>
  1 + 2 + 5 + (modulusBytes < 128 ? 2 : modulusBytes < 256 ? 4 : 5)

/** The size of the encoded key is compared, so an RSA key may be a little shorter than the least. */
function keySizeFault({ publicKey }: Certificate, { minRsaBits }: WolfsslBuild): Fault | undefined {
  if (publicKey.kind !== 'rsa') return undefined
  const modulusBytes = Math.ceil(publicKey.bits / 8)
  return modulusBytes + rsaKeyOverhead(modulusBytes) < minRsaBits / 8 ? tooSmall(publicKey.bits) : undefined
}

function leafSizeFault({ publicKey }: Certificate, { minRsaBits }: WolfsslBuild): Fault | undefined {
  if (publicKey.kind === 'rsa' && Math.ceil(publicKey.bits / 8) < minRsaBits / 8)
    return tooSmall(publicKey.bits)
  if (publicKey.kind === 'ec' && Math.ceil(publicKey.bits / 8) < MIN_ECC_BYTES)
    return { code: 'ECC_KEY_SIZE_E', kind: 'algorithm-unsupported', detail: `key on ${publicKey.curve}` }
  return undefined
}

function tooSmall(bits: number): Fault {
  return { code: 'RSA_KEY_SIZE_E', kind: 'algorithm-unsupported', detail: `RSA key of ${bits} bits` }
}

/** `rest`: what else was met on the way. */
function failure(first: Found, rest: readonly Found[], early: boolean): StackFailure {
  const others = rest.filter((one) => one !== first)
  return {
    reasons: [first, ...others].map(({ kind, index, detail }): StackReason => ({ kind, index, detail })),
    code: String(wolfsslCodes[first.code]),
    alert: alertFor(first),
    ...(early ? { early } : {}),
    ...(first.uncertain ? { uncertain: true } : {}),
  }
}

/** DoCertFatalAlert. */
function alertFor({ code }: Found): number | undefined {
  switch (code) {
    case 'ASN_AFTER_DATE_E':
    case 'ASN_BEFORE_DATE_E':
      return 45
    case 'ASN_NO_SIGNER_E':
      return 48
    case 'MAX_CHAIN_ERROR':
      return undefined
    case 'DECODE_E':
      return 50
    default:
      return 42
  }
}
