import type { Catalogue } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { judge } from '../judge/judge.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import { type CertificatesRead, readCertificates } from '../judge/read-certificates.ts'
import type { Verdict } from '../judge/verdict.ts'
import { observePem } from '../observe/from-pem.ts'
import type { HeldAnchor, KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { findCertificates } from '../x509/find-certificates.ts'
import type { Material } from '../x509/material.ts'
import { formatPem, MAX_PEM_BYTES } from '../x509/pem.ts'
import { InputError } from './input-error.ts'
import { largestOrdinary, trustOf } from './trust-of.ts'

export interface CertificatesRequest {
  readonly bytes: Uint8Array
  /** As the user wrote it; `-` for standard input. */
  readonly name: string
  /** Empty: no verdicts. */
  readonly devices: readonly Device[]
  readonly catalogue: Catalogue
  readonly knownRoots: readonly KnownRoot[]
  /** `--anchor`; undefined when none was given. */
  readonly anchors: readonly HeldAnchor[] | undefined
  /** Host that the leaf is compared with; undefined: not compared. */
  readonly sni: string | undefined
  readonly now: Date
  readonly verify: VerifyMode
}

export interface CertificatesExplained extends CertificatesRead {
  readonly name: string
  /** One a device, in the order given; none where there is no chain to judge. */
  readonly verdicts: readonly Verdict[]
}

/**
 * Explains certificates in whatever form they come: what each is, what is wrong with them as they stand, how a device
 * would walk them, and the verdict of each device on the chain. Throws `InputError` where there is nothing to explain,
 * `TargetError` for a host that is none.
 */
export function explainCertificates(request: CertificatesRequest): CertificatesExplained {
  const { bytes, name, devices, knownRoots: known, anchors, sni, now } = request
  if (bytes.length > MAX_PEM_BYTES) {
    throw new InputError(
      'too-large',
      `the input has ${bytes.length} bytes, ${MAX_PEM_BYTES} are read of certificates`,
      'give only the part with the certificates',
      name,
    )
  }
  const material = findCertificates(bytes)
  if (isEmpty(material)) throw nothingFound(material, name)
  const read = readCertificates({ material, name, known, anchors, devices, now })
  const verdicts = read.chain.length === 0 ? [] : judgeChain(read.chain, request, sni)
  return { ...read, name, verdicts }
}

function judgeChain(
  chain: readonly Certificate[],
  request: CertificatesRequest,
  sni: string | undefined,
): Verdict[] {
  const { name, devices, catalogue, verify, now } = request
  const pem = chain.map(({ der }) => formatPem(der)).join('')
  const observation = observePem(Buffer.from(pem), name, sni)
  const ordinary = largestOrdinary(catalogue)
  return devices.map((device) =>
    judge({ observation, device, trust: trustOf(device, request), verify, now, ordinary }),
  )
}

/** A session without a certificate, and a listing of what is stored, are evidence too. */
function isEmpty({ pieces, session, stored }: Material): boolean {
  return pieces.length === 0 && session === undefined && stored.length === 0
}

function nothingFound({ form, secrets, others }: Material, name: string): InputError {
  if (form === 'pkcs12') {
    const hint = 'print the certificates: openssl pkcs12 -in FILE -nokeys'
    return new InputError('pkcs12', 'a PKCS #12 file, which is encrypted', hint, name)
  }
  const [secret] = secrets
  const convert =
    'give PEM, DER, PKCS #7 or the output of openssl s_client -showcerts; openssl x509 -in FILE -out chain.pem converts one'
  if (secret !== undefined) {
    const message = 'a private key and no certificate'
    return new InputError('private-key', message, 'give the certificate that belongs to the key', name)
  }
  const [other] = others
  if (other !== undefined) {
    const at = `${name}, line ${other.line}`
    return new InputError('no-certificate', `a PEM block ${other.label} and no certificate`, convert, at)
  }
  return new InputError('no-certificate', 'no certificate in any form', convert, name)
}
