import { basicConstraints } from '../../src/issue/certificate-extensions.ts'
import { type IssuedCertificate, issueCertificate } from '../../src/issue/issue-certificate.ts'
import type { MeasuringKeys } from '../../src/measure/measuring-keys.ts'

/** The CA that devices under test hold: an RSA root of 2,048 bits, good from 1970 on. */
export async function testRoot(keys: MeasuringKeys): Promise<IssuedCertificate> {
  return issueCertificate({
    subject: [['CN', 'test CA']],
    key: await keys.take('rsa-2048', 'root'),
    issuer: undefined,
    hash: 'sha256',
    notBefore: new Date(0),
    notAfter: new Date(Date.now() + 1e10),
    serialBytes: 16,
    keyIds: false,
    seed: 'root',
    extensions: [basicConstraints(true)],
  })
}
