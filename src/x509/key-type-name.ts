import type { PublicKeyInfo } from './certificate.ts'
import { signatureAlgorithmName } from './oids.ts'

/** `rsa`, `RSASSA-PSS`, or the OID of an algorithm that has no name here. A PSS key bears the OID of its signatures, RFC 4055 §1.2. */
export function keyTypeName(key: PublicKeyInfo): string {
  return key.kind === 'unknown' ? signatureAlgorithmName(key.oid) : key.kind
}
