import { unlessBroken } from '../../codec/decode-error.ts'
import { Reader } from '../../codec/reader.ts'
import { type CipherSuite, findCipherSuite } from '../cipher-suites.ts'
import type { ClientHello } from '../client-hello.ts'
import { type ExtensionName, extensionTypes } from '../extension-types.ts'
import {
  decodeSignatureAlgorithms,
  decodeSupportedGroups,
  decodeSupportedVersions,
  findExtension,
} from '../extensions.ts'
import { findNamedGroup, namedGroups } from '../named-groups.ts'
import { type Protection, protectionOf } from '../record-ciphers.ts'
import { findSignatureScheme } from '../signature-schemes.ts'
import { isSchemeOf13, schemeCurves } from '../signatures-13.ts'
import { versions } from '../versions.ts'

/** What the server may choose among. */
export interface ServerMeans {
  readonly maxVersion: number
  readonly leafKey: 'rsa' | 'ecdsa'
  /** OpenSSL's name of the leaf's curve, `prime256v1`; undefined for RSA. */
  readonly leafCurve: string | undefined
  /** Codes; undefined: every group that the engine can do. */
  readonly groups: readonly number[] | undefined
  /** Only suites whose premaster secret the client encrypts for the leaf, RFC 5246 §7.4.7.1. */
  readonly onlyRsaKeyExchange: boolean
  /** What an RSA key signs with in TLS 1.2: RSASSA-PSS alone, or where nothing else is offered. */
  readonly rsaSignature: 'pkcs1' | 'pss'
}

/** What a server chooses out of a ClientHello. */
export interface ServerChoice {
  readonly version: number
  readonly suite: CipherSuite
  readonly protection: Protection
  /** Undefined for RSA key exchange. */
  readonly group: number | undefined
  /** TLS 1.3: the client's share of the group; undefined: it must be asked for one, RFC 8446 §4.1.4. */
  readonly clientShare: Uint8Array | undefined
  /** Codes that the leaf's key may sign with, in the client's order; empty before TLS 1.2. */
  readonly schemes: readonly number[]
}

/**
 * In the client's own order of preference, as OpenSSL goes by it; what the engine cannot do is passed over. Undefined
 * where nothing is left. Throws `DecodeError` for an extension that cannot be read.
 */
export function chooseFor(hello: ClientHello, means: ServerMeans): ServerChoice | undefined {
  const version = versionFor(hello, means.maxVersion)
  if (version === undefined) return undefined
  return version === versions['TLSv1.3'].code ? choose13(hello, means) : choose12(hello, version, means)
}

/** The same of a hello that may be broken: false then, too. */
export function canServe(hello: ClientHello, means: ServerMeans): boolean {
  return unlessBroken(() => chooseFor(hello, means)) !== undefined
}

function versionFor(hello: ClientHello, maxVersion: number): number | undefined {
  const named = extensionOf(hello, 'supported_versions', decodeSupportedVersions)
  const offered = named ?? [Math.min(hello.version, versions['TLSv1.2'].code)]
  const most = Math.max(...offered.filter((one) => one >= versions.TLSv1.code && one <= maxVersion))
  return Number.isFinite(most) ? most : undefined
}

function choose13(hello: ClientHello, means: ServerMeans): ServerChoice | undefined {
  if (means.onlyRsaKeyExchange) return undefined
  const version = versions['TLSv1.3'].code
  const chosen = firstOf(hello.cipherSuites, (code) => {
    const suite = findCipherSuite(code)
    const protection = suite && protectionOf(suite, { encryptThenMac: false, version })
    return suite?.kx === 'tls13' && protection?.kind === 'aead' ? { suite, protection } : undefined
  })
  const shares = extensionOf(hello, 'key_share', decodeClientShares) ?? []
  const groups = groupsFor(hello, means) ?? []
  const group = groups.find((code) => shares.some((share) => share.group === code)) ?? groups[0]
  const schemes = schemesFor(hello, means).filter(
    (code) => isSchemeOf13(code) && (means.leafKey === 'rsa' || schemeCurves.get(code) === means.leafCurve),
  )
  if (chosen === undefined || group === undefined || schemes.length === 0) return undefined
  const clientShare = shares.find((share) => share.group === group)?.publicKey
  return { version, ...chosen, group, clientShare, schemes }
}

function choose12(hello: ClientHello, version: number, means: ServerMeans): ServerChoice | undefined {
  const groups = groupsFor(hello, means)
  // Without the extension any curve may be chosen, RFC 8422 §4.
  const group = groups === undefined ? namedGroups.secp256r1.code : groups[0]
  const schemes = version < versions['TLSv1.2'].code ? [] : schemesBelow13(hello, means)
  const encryptThenMac = has(hello, 'encrypt_then_mac')
  const chosen = firstOf(hello.cipherSuites, (code) => {
    const suite = findCipherSuite(code)
    if (suite === undefined || suite.auth !== means.leafKey) return undefined
    if (suite.kx !== 'rsa' && (suite.kx !== 'ecdhe' || means.onlyRsaKeyExchange || group === undefined))
      return undefined
    if (suite.kx === 'ecdhe' && version >= versions['TLSv1.2'].code && schemes.length === 0) return undefined
    const protection = protectionOf(suite, { encryptThenMac, version })
    return protection && isSuiteBelow13(suite, version) ? { suite, protection } : undefined
  })
  if (chosen === undefined) return undefined
  const usesGroup = chosen.suite.kx === 'ecdhe'
  return { version, ...chosen, group: usesGroup ? group : undefined, clientShare: undefined, schemes }
}

/** AEAD, and hashes beyond SHA-1, came with TLS 1.2: RFC 5246 §6.2.3.3, RFC 5289 §3. */
function isSuiteBelow13(suite: CipherSuite, version: number): boolean {
  if (suite.hash !== 'sha256' && suite.hash !== 'sha384') return false
  return version >= versions['TLSv1.2'].code || suite.mac === 'sha1'
}

/** Those that both know, in the client's order; undefined: the client names none. */
function groupsFor(hello: ClientHello, { groups }: ServerMeans): number[] | undefined {
  const offered = extensionOf(hello, 'supported_groups', decodeSupportedGroups)
  return offered?.filter(
    (code) => findNamedGroup(code)?.curve !== undefined && (groups?.includes(code) ?? true),
  )
}

/** SHA-1 where TLS 1.2 is told nothing, RFC 5246 §7.4.1.4.1. */
function schemesFor(hello: ClientHello, { leafKey }: ServerMeans): number[] {
  const named = extensionOf(hello, 'signature_algorithms', decodeSignatureAlgorithms)
  return (named ?? [leafKey === 'rsa' ? RSA_SHA1 : ECDSA_SHA1]).filter((code) => {
    const algorithm = findSignatureScheme(code)?.algorithm
    if (leafKey === 'ecdsa') return algorithm?.kind === 'ecdsa'
    return algorithm?.kind === 'rsa-pkcs1' || (algorithm?.kind === 'rsa-pss' && algorithm.key === 'rsa')
  })
}

/** Mbed TLS 3.6 offers RSASSA-PSS for the sake of TLS 1.3, and refuses it in a ServerKeyExchange: it comes last. */
function schemesBelow13(hello: ClientHello, means: ServerMeans): number[] {
  const schemes = schemesFor(hello, means)
  const isPss = (code: number) => findSignatureScheme(code)?.algorithm?.kind === 'rsa-pss'
  const pss = schemes.filter(isPss)
  if (means.leafKey === 'rsa' && means.rsaSignature === 'pss') return pss
  return [...schemes.filter((code) => !isPss(code)), ...pss]
}

const RSA_SHA1 = 0x0201
const ECDSA_SHA1 = 0x0203

/** KeyShareClientHello, RFC 8446 §4.2.8. */
function decodeClientShares(data: Uint8Array): { group: number; publicKey: Uint8Array }[] {
  const r = new Reader(data, 'ClientHello.key_share')
  const list = r.inside(r.vector16('client_shares'), 'client_shares')
  r.end()
  const shares: { group: number; publicKey: Uint8Array }[] = []
  while (!list.atEnd) {
    const field = String(shares.length)
    shares.push({ group: list.u16(`${field}.group`), publicKey: list.vector16(`${field}.key_exchange`) })
  }
  return shares
}

export function has({ extensions }: ClientHello, name: ExtensionName): boolean {
  return findExtension(extensions, extensionTypes[name].code) !== undefined
}

function extensionOf<T>(
  { extensions }: ClientHello,
  name: ExtensionName,
  decode: (data: Uint8Array) => T,
): T | undefined {
  const data = findExtension(extensions, extensionTypes[name].code)
  return data && decode(data)
}

function firstOf<T>(codes: readonly number[], find: (code: number) => T | undefined): T | undefined {
  for (const code of codes) {
    const found = find(code)
    if (found !== undefined) return found
  }
  return undefined
}
