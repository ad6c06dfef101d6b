import { unlessBroken } from '../codec/decode-error.ts'
import { type DerReader, tags } from './der.ts'
import { readOid } from './der-values.ts'
import { signatureAlgorithms } from './oids.ts'

/** RFC 4055 §2.1. */
const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.5': 'md5',
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/**
 * The hash that the AlgorithmIdentifier of RSASSA-PSS names, RFC 4055 §3.1; SHA-1 where it names none. Undefined for
 * other algorithms, and for parameters that cannot be read.
 */
export function readPssHash(algorithm: DerReader): string | undefined {
  return unlessBroken(() => {
    if (readOid(algorithm, 'algorithm') !== signatureAlgorithms['RSASSA-PSS'].oid) return undefined
    const parameters = algorithm.sequence('parameters')
    const named = parameters.optional(0xa0, 'hashAlgorithm')
    if (named === undefined) return 'sha1'
    const hash = parameters.inside(named, 'hashAlgorithm').expect(tags.sequence, 'hashAlgorithm')
    return hashes[readOid(parameters.inside(hash, 'hashAlgorithm'), 'oid')]
  })
}
