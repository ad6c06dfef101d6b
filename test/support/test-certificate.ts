import type { KeyObject } from 'node:crypto'
import { type IssuedCertificate, issueCertificate } from '../../src/issue/issue-certificate.ts'

const DAY_MS = 86_400_000

type Recipe = Parameters<typeof issueCertificate>[0]

/** Good since yesterday and for a month, where `more` says nothing else. Without `issuer` it signs itself. */
export function testCertificate(
  name: string,
  key: KeyObject,
  issuer: IssuedCertificate | undefined,
  extensions: Recipe['extensions'],
  more: Partial<Pick<Recipe, 'notAfter' | 'keyIds' | 'seed'>> = {},
): IssuedCertificate {
  return issueCertificate({
    subject: [['CN', name]],
    key,
    issuer,
    hash: 'sha256',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    serialBytes: 8,
    keyIds: false,
    extensions,
    seed: name,
    ...more,
  })
}
