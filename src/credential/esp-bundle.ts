import type { Certificate } from '../x509/certificate.ts'

/**
 * x509_crt_bundle as ESP-IDF's gen_crt_bundle.py wrote it first: number of certificates (u16), then for each the length
 * of its subject (u16), the length of its SubjectPublicKeyInfo (u16), both in DER; all numbers big-endian. Sorted by the
 * bytes of the subject, for a binary search. The caller sees to it that the lengths fit. espressif/esp-idf gen_crt_bundle.py @129ea462.
 */
export function countedBundle(anchors: readonly Certificate[]): Uint8Array {
  const count = Buffer.alloc(2)
  count.writeUInt16BE(anchors.length)
  const entries = sorted(anchors).map((anchor) => {
    const lengths = Buffer.alloc(4)
    lengths.writeUInt16BE(anchor.subject.der.length, 0)
    lengths.writeUInt16BE(anchor.publicKey.spki.length, 2)
    return Buffer.concat([lengths, anchor.subject.der, anchor.publicKey.spki])
  })
  return Buffer.concat([count, ...entries])
}

/**
 * The layout after it: the offset of each entry from the start of the bundle (u32), then the entries with both lengths
 * (u16), all numbers little-endian. espressif/esp-idf gen_crt_bundle.py @5572aaee (6.0.0).
 */
export function indexedBundle(anchors: readonly Certificate[]): Uint8Array {
  const entries = sorted(anchors).map((anchor) => {
    const lengths = Buffer.alloc(4)
    lengths.writeUInt16LE(anchor.subject.der.length, 0)
    lengths.writeUInt16LE(anchor.publicKey.spki.length, 2)
    return Buffer.concat([lengths, anchor.subject.der, anchor.publicKey.spki])
  })
  const offsets = Buffer.alloc(4 * entries.length)
  let at = offsets.length
  entries.forEach((entry, index) => {
    offsets.writeUInt32LE(at, 4 * index)
    at += entry.length
  })
  return Buffer.concat([offsets, ...entries])
}

function sorted(anchors: readonly Certificate[]): Certificate[] {
  return [...anchors].sort((a, b) => Buffer.compare(a.subject.der, b.subject.der))
}
