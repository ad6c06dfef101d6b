import type { CalendarEntry } from '../trust/calendar.ts'
import { elementBytes } from '../x509/weight.ts'
import type { Outlook, PostQuantumSize } from './outlook.ts'
import { bareOutlook } from './outlook-of.ts'
import type { Scene } from './scene.ts'

const DAY_MS = 86_400_000

/**
 * How long leaves may live, where today's leaf was issued for longer: the cap in force that bites, then those to come
 * that bite more. It is no verdict, save that a device that holds the leaf itself is cut off by each renewal.
 */
export function lifetimesOf(
  { leg, now }: Scene,
  entries: readonly {
    readonly change: CalendarEntry
    readonly timing: Outlook['timing']
    readonly from: Date | undefined
  }[],
): Outlook[] {
  const leaf = leg.chain?.leaf
  if (leaf === undefined) return []
  const pinned = leg.chain?.path.held?.anchoredAtLeaf !== undefined
  const daysNow = Math.round((leaf.notAfter.getTime() - leaf.notBefore.getTime()) / DAY_MS)
  const caps = entries.flatMap(({ change, timing, from }) =>
    change.replay?.kind === 'lifetime' ? [{ change, timing, from, days: change.replay.days }] : [],
  )
  // A leaf issued after its day shows that the cap is none for this endpoint.
  const inForce = caps
    .filter(({ timing, from }) => timing === 'late' && from !== undefined && leaf.notBefore < from)
    .sort((a, b) => b.days - a.days)
    .slice(-1)
  let least = daysNow
  return [...inForce, ...caps.filter(({ timing }) => timing === 'ahead')].flatMap((cap) => {
    const { change, timing, from, days } = cap
    if (days >= least) return []
    least = days
    const ended = leaf.notAfter < now ? { endedAt: leaf.notAfter } : {}
    const lifetime = { days, daysNow, ...ended, pinned, renewalsAYear: Math.ceil(365 / days) }
    const bare = bareOutlook({ kind: 'lifetime', id: change.id, change, timing, from })
    if (!pinned) return [{ ...bare, lifetime }]
    const needs = [{ needs: 'new-pin', of: [leaf.subject.commonName ?? leaf.subject.text] }] as const
    // A new leaf may keep the key, and some stacks compare no more than that.
    return [{ ...bare, lifetime, state: 'undecided', leans: 'blocked', needs }]
  })
}

/** Bytes of public key and signature, FIPS 204 table 2. */
const mlDsa = [
  { algorithm: 'ML-DSA-44', keyBytes: 1_312, signatureBytes: 2_420 },
  { algorithm: 'ML-DSA-65', keyBytes: 1_952, signatureBytes: 3_309 },
  { algorithm: 'ML-DSA-87', keyBytes: 2_592, signatureBytes: 4_627 },
] as const

/** SEQUENCE { AlgorithmIdentifier with an OID of 9 bytes, BIT STRING }, RFC 9881 §4. */
const SPKI_OVERHEAD = 4 + 13 + 5
/** BIT STRING of a signature of more than 255 bytes: tag, length, unused bits. */
const SIGNATURE_OVERHEAD = 5

/** The chain seen with ML-DSA in every certificate. Time stamps of logs stay as they are: what they become is not settled. */
export function postQuantumOf(scene: Scene | undefined): Outlook[] {
  const certificates = scene?.leg.chain?.certificates ?? []
  if (certificates.length === 0 || certificates.some((one) => one === undefined)) return []
  const sizes = mlDsa.map(({ algorithm, keyBytes, signatureBytes }): PostQuantumSize => {
    const each = certificates.map((certificate) => {
      const { der, publicKey, signature } = certificate!
      const own = publicKey.spki.length + elementBytes(signature.length + 1)
      return der.length - own + SPKI_OVERHEAD + keyBytes + SIGNATURE_OVERHEAD + signatureBytes
    })
    return { algorithm, leafBytes: each[0]!, chainBytes: each.reduce((sum, bytes) => sum + bytes, 0) }
  })
  const bare = bareOutlook({ kind: 'post-quantum', id: 'post-quantum', timing: 'now' })
  return [{ ...bare, postQuantum: sizes }]
}
