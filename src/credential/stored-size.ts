import type { Limit } from '../device/limit.ts'
import type { Certificate } from '../x509/certificate.ts'
import { formatPem } from '../x509/pem.ts'
import type { CredentialProblem, StoredAs, StoredLimit, StoredSize } from './credential.ts'
import { plainName } from './plain-text.ts'

export function storedSize(
  anchor: Certificate,
  storedAs: StoredAs,
  storedBytes: number,
  more: Partial<Pick<StoredSize, 'storedSha256' | 'secTag'>> = {},
): StoredSize {
  return {
    subject: plainName(anchor),
    sha256: anchor.sha256,
    derBytes: anchor.der.length,
    storedBytes,
    storedAs,
    storedSha256: more.storedSha256,
    secTag: more.secTag,
  }
}

/** As `formatPem` writes it: lines of 64 with LF, the last line ended. */
export function storedAsPem(anchor: Certificate): StoredSize {
  return storedSize(anchor, 'pem', formatPem(anchor.der).length)
}

export function storedAsPemWithNul(anchor: Certificate): StoredSize {
  return storedSize(anchor, 'pem-with-nul', formatPem(anchor.der).length + 1)
}

export function storedAsDer(anchor: Certificate): StoredSize {
  return storedSize(anchor, 'der', anchor.der.length)
}

/** Undefined: nothing is known that could be compared. */
export function storedLimit(limit: Limit | undefined): StoredLimit | undefined {
  if (limit === undefined || typeof limit.value !== 'number') return undefined
  const figures = [limit.value, limit.atLeast ?? limit.value, ...limit.disputed.map(({ value }) => value)]
  return {
    bytes: Math.min(...figures),
    mostBytes: Math.max(...figures),
    counts: limit.counts === 'bundle' ? 'together' : 'each',
    confidence: limit.confidence,
    source: limit.source,
  }
}

/** Each anchor, or all together, against what the device can store. */
export function checkStored(
  stored: readonly StoredSize[],
  limit: StoredLimit | undefined,
): readonly CredentialProblem[] {
  if (limit === undefined) return []
  const together = limit.counts === 'together' && stored.length > 1
  const asked = together ? [{ what: `${stored.length} anchors together`, sizes: stored }] : each(stored)
  return asked.flatMap(({ what, sizes }) => {
    const bytes = sum(sizes.map(({ storedBytes }) => storedBytes))
    const derBytes = sum(sizes.map((size) => size.derBytes))
    if (bytes <= limit.bytes) return []
    const sure = bytes > limit.mostBytes
    const takes = `${what} takes ${bytes} bytes as ${words[sizes[0]!.storedAs]}`
    const limitText = sure
      ? `the device stores ${limit.mostBytes}`
      : `sources put what the device stores between ${limit.bytes} and ${limit.mostBytes}`
    const der = derBytes <= limit.bytes && bytes > derBytes ? `; as DER it takes ${derBytes} and fits` : ''
    return [{ code: sure ? 'too-large' : 'may-be-too-large', text: `${takes}, ${limitText}${der}` }]
  })
}

const words: { readonly [S in StoredAs]: string } = {
  pem: 'PEM',
  'pem-with-nul': 'PEM with its NUL',
  der: 'DER',
  'name-and-key': 'name and key',
}

function each(stored: readonly StoredSize[]): { what: string; sizes: readonly StoredSize[] }[] {
  return stored.map((size) => ({ what: size.subject, sizes: [size] }))
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}
