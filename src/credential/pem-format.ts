import { formatPem } from '../x509/pem.ts'
import type { CredentialWriter } from './credential.ts'
import { checkStored, storedAsPem } from './stored-size.ts'

/** All anchors in one file, LF only, no text between the blocks: what reads PEM at all reads this. */
export const writePem: CredentialWriter = ({ anchors, name, limit }) => {
  const text = anchors.map(({ der }) => formatPem(der)).join('')
  const stored = anchors.map(storedAsPem)
  return {
    files: [{ name: `${name}.pem`, bytes: Buffer.from(text, 'latin1'), about: 'PEM, LF line ends' }],
    stored,
    limit,
    notes: ['Mbed TLS counts the NUL behind the text: pass strlen + 1'],
    problems: checkStored(stored, limit),
  }
}
