import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Identity, IdentityKind } from '../../front/front.ts'
import { armour } from '../../issue/der.ts'
import { isSelfSigned } from '../../trust/certificate-role.ts'
import { checkSignature } from '../../trust/check-signature.ts'
import type { Certificate } from '../../x509/certificate.ts'
import { PemError, parseCertificates } from '../../x509/pem.ts'
import { IdentityError } from './identity-error.ts'

const MAX_FILE_BYTES = 1_048_576

export interface IdentityPaths {
  readonly chain: string
  readonly key: string
}

/** A chain and its key as files, checked to be one, in order, and of today. Throws `IdentityError`. */
export function readIdentity({ chain, key }: IdentityPaths, kind: IdentityKind, now: Date): Identity {
  const certificates = read(chain, 'certificates')
  const keyPem = read(key, 'its private key').toString('utf8')
  return checkIdentity(parse(certificates, chain), keyPem, kind, now, { chain, key })
}

/** As `readIdentity`, of what was read; `names` are those of the files, for errors. */
export function checkIdentity(
  chain: readonly Certificate[],
  keyPem: string,
  kind: IdentityKind,
  now: Date,
  names: IdentityPaths,
): Identity {
  const [leaf] = chain
  if (leaf === undefined)
    throw new IdentityError(`${names.chain}: holds no certificate`, 'write the leaf first')
  checkKind(leaf, kind, names.chain)
  checkKey(leaf, keyPem, names)
  checkDates(chain, now, names.chain)
  const shown = withoutRoot(chain)
  checkOrder(shown, names.chain)
  return { certPem: shown.map(({ der }) => armour('CERTIFICATE', der)).join(''), keyPem }
}

function read(path: string, what: string): Buffer {
  try {
    const { size } = statSync(path)
    if (size > MAX_FILE_BYTES)
      throw new IdentityError(`${path}: ${size} bytes are too many`, `give ${what} as PEM`)
    return readFileSync(path)
  } catch (error) {
    if (error instanceof IdentityError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
    throw new IdentityError(
      `${path}: cannot be read (${code})`,
      `${what} are expected there, readable by this user`,
    )
  }
}

function parse(bytes: Uint8Array, path: string): readonly Certificate[] {
  try {
    return parseCertificates(bytes, path)
  } catch (error) {
    if (error instanceof PemError) throw new IdentityError(`${error.at}: ${error.message}`, error.hint)
    throw error
  }
}

function checkKind({ publicKey }: Certificate, kind: IdentityKind, path: string): void {
  const found = publicKey.kind === 'ec' ? 'ecdsa' : publicKey.kind
  if (found === kind) return
  throw new IdentityError(
    `${path}: the first certificate has a key of type ${publicKey.kind}, and stands under ${kind}`,
    'the leaf stands first in the file; ECDSA and RSA certificates have a key of the YAML each',
  )
}

function checkKey(leaf: Certificate, keyPem: string, { chain, key }: IdentityPaths): void {
  let belongs: boolean
  try {
    belongs = new X509Certificate(leaf.der).checkPrivateKey(createPrivateKey(keyPem))
  } catch {
    const encrypted = keyPem.includes('ENCRYPTED')
    throw new IdentityError(
      encrypted ? `${key}: the private key is encrypted` : `${key}: holds no private key that can be read`,
      encrypted
        ? 'decrypt it: openssl pkey -in FILE -out plain.key'
        : 'give the key as PEM, with its END line',
    )
  }
  if (belongs) return
  throw new IdentityError(
    `${key}: is not the key of ${chain}`,
    'compare openssl x509 -in CHAIN -noout -pubkey with openssl pkey -in KEY -pubout',
  )
}

function checkDates(chain: readonly Certificate[], now: Date, path: string): void {
  for (const [at, { notBefore, notAfter }] of chain.entries()) {
    const which = at === 0 ? 'the certificate' : `certificate ${at + 1} of the chain`
    if (notAfter < now) {
      throw new IdentityError(`${path}: ${which} expired on ${day(notAfter)}`, 'renew it, or mend the clock')
    }
    if (notBefore > now) {
      throw new IdentityError(`${path}: ${which} is valid from ${day(notBefore)} on`, 'is the clock right?')
    }
  }
}

/** Whoever trusts a root holds it: sending it costs devices bytes and no more. */
function withoutRoot(chain: readonly Certificate[]): readonly Certificate[] {
  const last = chain.at(-1)
  return chain.length > 1 && last !== undefined && isSelfSigned(last) ? chain.slice(0, -1) : chain
}

function checkOrder(chain: readonly Certificate[], path: string): void {
  for (const [at, certificate] of chain.entries()) {
    const next = chain[at + 1]
    if (next === undefined || checkSignature(certificate, next) !== 'invalid') continue
    throw new IdentityError(
      `${path}: certificate ${at + 2} did not sign certificate ${at + 1}`,
      'write the leaf first, then each certificate that signed the one before it',
    )
  }
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
