import type { Certificate } from '../x509/certificate.ts'
import type { CredentialProblem } from './credential.ts'
import { plainName } from './plain-text.ts'

/** What is wrong with the anchors themselves, in whatever format. */
export function checkAnchors(anchors: readonly Certificate[]): CredentialProblem[] {
  if (anchors.length === 0) return [{ code: 'no-anchor', text: 'no certificate was given' }]
  return anchors.filter(isLeaf).map((leaf) => ({
    code: 'not-a-ca',
    text: `${plainName(leaf)} is no CA: a server's own certificate as anchor fails at its next renewal, and most stacks refuse it`,
  }))
}

/** Version 1 has no basicConstraints: a self-issued one can be an old root. */
function isLeaf({ isCa, version, selfIssued }: Certificate): boolean {
  return !isCa && !(version === 1 && selfIssued)
}
