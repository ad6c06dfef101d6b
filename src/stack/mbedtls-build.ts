import type { Device, StackRules } from '../device/device.ts'
import { parseNamedGroup } from '../tls/named-groups.ts'
import { signatureParts } from '../x509/oids.ts'

/** MBEDTLS_X509_MAX_INTERMEDIATE_CA as the library ships it. */
const DEFAULT_INTERMEDIATES = 8

/** What of a build of Mbed TLS decides on certificates. */
export interface Build {
  readonly rules: StackRules
  /** Hashes compiled in; undefined: all. */
  readonly hashes: ReadonlySet<string> | undefined
  /** Kinds of key that signatures are read of; undefined: all that the library has. */
  readonly signers: ReadonlySet<string> | undefined
  /** Hashes that the certificate profile allows. */
  readonly allowed: ReadonlySet<string>
  /** Curves that certificates may have keys on, compiled in; undefined: all that the library has. */
  readonly curves: ReadonlySet<string> | undefined
  /** Curves that the handshake allows the server's own key, as offered. */
  readonly offered: ReadonlySet<number> | undefined
  /** Whether iPAddress entries are compared: from 3.5 on. Undefined: which 3.x it is, is not known. */
  readonly addresses: 'matched' | 'unmatched' | undefined
  readonly minRsaBits: number
  readonly maxRsaBits: number
  readonly intermediates: number
}

export function readBuild({ build, limits, verification, hello }: Device): Build {
  const rules = build.rules?.value ?? 'mbedtls-2'
  const listed = verification.certificateSignatures?.value
  const allowed = listed?.flatMap((name) => {
    const { hash } = signatureParts(name)
    return hash === undefined ? [] : [hash]
  })
  const most = limits.chainCertificates?.value
  return {
    rules,
    hashes: build.hashes && new Set(build.hashes.value),
    signers: listed && new Set(listed.map((name) => String(signatureParts(name).key))),
    allowed: new Set(allowed ?? defaultHashes[rules === 'mbedtls-2' ? 'mbedtls-2' : 'mbedtls-3']),
    curves: build.certificateGroups && new Set(build.certificateGroups.value),
    offered:
      hello.groups && new Set(hello.groups.value.map(parseNamedGroup).filter((code) => code !== undefined)),
    addresses: rules === 'mbedtls-2' ? 'unmatched' : verification.ipAddressSan?.value,
    minRsaBits: figure(limits.rsaKeyBitsMin?.value) ?? 2048,
    maxRsaBits: figure(limits.rsaKeyBits?.value) ?? 8192,
    intermediates: figure(most) === undefined ? DEFAULT_INTERMEDIATES : figure(most)! - 1,
  }
}

/** mbedtls_x509_crt_profile_default: SHA-224 went with 3.0. */
const defaultHashes = {
  'mbedtls-2': ['sha224', 'sha256', 'sha384', 'sha512'],
  'mbedtls-3': ['sha256', 'sha384', 'sha512'],
}

function figure(value: number | 'unlimited' | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}
