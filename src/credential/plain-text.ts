import type { Certificate } from '../x509/certificate.ts'

/** Characters of a certificate's name that are shown. */
const maxNameChars = 64

/**
 * A certificate's name as plain text. Names are hostile: what is left here can end no comment and no string of C, C#,
 * Python or a shell, and starts no PEM block, AT command or trigraph. Letters lose their diacritics, the rest becomes `_`.
 */
export function plainName({ subject }: Certificate): string {
  const name = plainText(subject.commonName ?? subject.text)
  return name === '' ? 'no name' : name
}

export function plainText(text: string): string {
  const ascii = text
    .slice(0, 4 * maxNameChars)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
  const plain = ascii.replace(/[^A-Za-z0-9 .,:=()'@-]/gu, '_').replace(/-{2,}/g, '-')
  return plain.replace(/_{2,}/g, '_').replace(/ {2,}/g, ' ').trim().slice(0, maxNameChars).trim()
}

/** An identifier of C and C#, and part of a file name: letters, digits and `_`, no keyword of either by itself. */
export function identifier(text: string): string {
  const bare = text.slice(0, 40).replace(/[^A-Za-z0-9_]/g, '_')
  return /^[A-Za-z]/.test(bare) ? bare : `ca_${bare}`
}

/** `root_ca`, and with several anchors `root_ca_1`, `root_ca_2`. */
export function numbered(name: string, index: number, count: number): string {
  return count === 1 ? name : `${name}_${index + 1}`
}
