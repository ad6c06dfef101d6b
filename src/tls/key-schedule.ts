import type { HashName } from '../crypto/hash.ts'
import { prf } from '../crypto/prf.ts'
import type { DirectionKeys } from './record-protection.ts'

/** Bytes of the master secret and of verify_data, RFC 5246 §8.1, §7.4.9. */
const MASTER_SECRET_BYTES = 48
const VERIFY_DATA_BYTES = 12

/** The two randoms of the Hellos, 32 bytes each. */
export interface Randoms {
  readonly client: Uint8Array
  readonly server: Uint8Array
}

/** RFC 5246 §8.1. */
export function masterSecret(hash: HashName, premaster: Uint8Array, { client, server }: Randoms): Uint8Array {
  return prf(hash, premaster, 'master secret', Buffer.concat([client, server]), MASTER_SECRET_BYTES)
}

/** RFC 7627 §4: `sessionHash` is of all messages up to ClientKeyExchange, that included. */
export function extendedMasterSecret(
  hash: HashName,
  premaster: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  return prf(hash, premaster, 'extended master secret', sessionHash, MASTER_SECRET_BYTES)
}

/** The key block, cut up, RFC 5246 §6.3. */
export function expandKeys(
  hash: HashName,
  master: Uint8Array,
  { client, server }: Randoms,
  sizes: { readonly macKey: number; readonly key: number; readonly iv: number },
): { readonly client: DirectionKeys; readonly server: DirectionKeys } {
  const length = 2 * (sizes.macKey + sizes.key + sizes.iv)
  const block = prf(hash, master, 'key expansion', Buffer.concat([server, client]), length)
  let at = 0
  const take = (size: number): Uint8Array => {
    at += size
    return block.subarray(at - size, at)
  }
  const macKeys = [take(sizes.macKey), take(sizes.macKey)] as const
  const keys = [take(sizes.key), take(sizes.key)] as const
  const ivs = [take(sizes.iv), take(sizes.iv)] as const
  return {
    client: { macKey: macKeys[0], key: keys[0], iv: ivs[0] },
    server: { macKey: macKeys[1], key: keys[1], iv: ivs[1] },
  }
}

/** verify_data of a Finished, RFC 5246 §7.4.9: `transcriptHash` is of all messages before it. */
export function verifyData(
  hash: HashName,
  master: Uint8Array,
  sender: 'client' | 'server',
  transcriptHash: Uint8Array,
): Uint8Array {
  return prf(hash, master, `${sender} finished`, transcriptHash, VERIFY_DATA_BYTES)
}
