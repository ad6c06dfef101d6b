import type { CredentialWriter } from './credential.ts'
import { numbered } from './plain-text.ts'
import { checkStored, storedAsDer } from './stored-size.ts'

/** One file for each anchor: a series of DER in one file is read by few. */
export const writeDer: CredentialWriter = ({ anchors, name, limit }) => {
  const stored = anchors.map(storedAsDer)
  return {
    files: anchors.map(({ der }, index) => ({
      name: `${numbered(name, index, anchors.length)}.der`,
      bytes: der,
      about: `DER of ${stored[index]!.subject}`,
    })),
    stored,
    limit,
    notes: [],
    problems: checkStored(stored, limit),
  }
}
