import { basicConstraints, rawExtension, subjectAltName } from '../../src/issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate } from '../../src/issue/issue-certificate.ts'

/**
 * PEM of a certificate as a log has it before anybody serves it, valid from now for 90 days; or of its precertificate,
 * RFC 6962 §3.1, with the critical poison extension.
 */
export function loggedCertificate(
  kind: 'certificate' | 'precertificate',
  host: string,
  { key }: Pick<IssuedCertificate, 'key'>,
  issuer: Pick<IssuedCertificate, 'subject' | 'key'>,
): string {
  const now = Date.now()
  const poison = rawExtension('1.3.6.1.4.1.11129.2.4.3', Uint8Array.of(0x05, 0x00), true)
  return issueCertificate({
    subject: [['CN', host]],
    ...{ key, issuer, hash: 'sha256', serialBytes: 16, keyIds: true, seed: `logged for ${host}` },
    notBefore: new Date(now),
    notAfter: new Date(now + 90 * 86_400_000),
    extensions: [
      ...[subjectAltName([host]), basicConstraints(false)],
      ...(kind === 'precertificate' ? [poison] : []),
    ],
  }).pem
}
