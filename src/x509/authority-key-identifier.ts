import { unlessBroken } from '../codec/decode-error.ts'
import { formatHex } from '../codec/hex.ts'
import type { CertificateExtension } from './certificate.ts'
import { readName } from './decode-name.ts'
import { DerReader } from './der.ts'
import type { Name } from './name.ts'

/** AuthorityKeyIdentifier, RFC 5280 §4.2.1.1. */
export interface AuthorityKeyIdentifier {
  /** The first directoryName of authorityCertIssuer: the issuer of the issuer's certificate. */
  readonly issuer: Name | undefined
  /** authorityCertSerialNumber, as `Certificate.serialHex`. */
  readonly serialHex: string | undefined
  /** Which of its fields there are; undefined where it cannot be read. */
  readonly fields: readonly ('keyIdentifier' | 'issuer' | 'serial')[] | undefined
}

const none: AuthorityKeyIdentifier = { issuer: undefined, serialHex: undefined, fields: undefined }

/** What it says beside the key identifier; nothing where it cannot be read. */
export function decodeAuthorityKeyIdentifier({ value }: CertificateExtension): AuthorityKeyIdentifier {
  return (
    unlessBroken(() => {
      const fields = new DerReader(value, 'AuthorityKeyIdentifier', new Set()).sequence('identifier')
      const keyIdentifier = fields.optional(0x80, 'keyIdentifier')
      const names = fields.optional(0xa1, 'authorityCertIssuer')
      const serial = fields.optional(0x82, 'authorityCertSerialNumber')?.value
      fields.end()
      const issuer = names === undefined ? undefined : readDirectoryName(fields.inside(names, 'names'))
      return {
        issuer,
        fields: [
          ...(keyIdentifier === undefined ? [] : (['keyIdentifier'] as const)),
          ...(names === undefined ? [] : (['issuer'] as const)),
          ...(serial === undefined ? [] : (['serial'] as const)),
        ],
        serialHex: serial && formatHex(serial.length > 1 && serial[0] === 0 ? serial.subarray(1) : serial),
      }
    }) ?? none
  )
}

function readDirectoryName(names: DerReader): Name | undefined {
  while (!names.atEnd) {
    const name = names.any('name')
    if (name.tag === 0xa4) return readName(names.inside(name, 'directoryName'), 'name')
  }
  return undefined
}
