import type { Credential } from '../credential/credential.ts'
import type { Json } from '../observe/observation-json.ts'

/** Of one credential: part of what `trust`, `serve` and `gateway` print with `--format json`. Files in base64. */
export function credentialJson(credential: Credential): { readonly [key: string]: Json } {
  const { limit } = credential
  return {
    format: credential.format,
    files: credential.files.map(({ name, bytes, about }) => ({
      name,
      about,
      bytes: bytes.length,
      base64: Buffer.from(bytes).toString('base64'),
    })),
    anchors: credential.stored.map((one) => ({
      subject: one.subject,
      sha256: one.sha256,
      derBytes: one.derBytes,
      storedBytes: one.storedBytes,
      storedAs: one.storedAs,
      storedSha256: one.storedSha256 ?? null,
      secTag: one.secTag ?? null,
    })),
    limit: limit === undefined ? null : { ...limit },
    notes: [...credential.notes],
    problems: credential.problems.map(({ code, text }) => ({ code, text })),
  }
}
