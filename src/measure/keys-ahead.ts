import type { KeyKind } from '../exam/serving.ts'
import type { MeasuringKeys } from './measuring-keys.ts'
import { issuingRole } from './served-chain.ts'

/** Beside the first: paths of 17 certificates are asked. */
const KEYS_OF_ISSUERS = 15

const kindsOfLeaves: readonly KeyKind[] = [
  'p256',
  'p384',
  'p521',
  'ed25519',
  'rsa-1024',
  'rsa-3072',
  'rsa-4096',
  'rsa-8192',
]

/** One after the other, until `isOver`: no device waits for a key while its connection is open. */
export function makeKeysAhead(keys: MeasuringKeys, isOver: () => boolean): void {
  const all: readonly (readonly [KeyKind, string])[] = [
    ['rsa-2048', 'leaf'],
    ['rsa-2048', issuingRole(0)],
    ['rsa-2048', 'stranger'],
    ...Array.from({ length: KEYS_OF_ISSUERS }, (_, index) => ['rsa-2048', issuingRole(index + 1)] as const),
    ...kindsOfLeaves.map((kind) => [kind, 'leaf'] as const),
  ]
  const made = all.reduce(async (before, [kind, role]) => {
    await before
    if (!isOver()) await keys.take(kind, role)
  }, Promise.resolve())
  // What cannot be made is told by the connection that needs it.
  made.catch(() => {})
}
