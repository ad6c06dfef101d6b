/**
 * The smallest input found that fails in the same way: pieces are taken out, from halves down to single bytes, then
 * bytes are made plain. `fails` is asked at most `most` times.
 */
export async function minimise(
  input: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
  most = 3_000,
): Promise<Uint8Array> {
  let best = input
  let asked = 0
  for (let size = Math.max(1, best.length >> 1); size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let at = 0; at < best.length && asked < most; ) {
      const candidate = Buffer.concat([best.subarray(0, at), best.subarray(at + size)])
      asked++
      if (await fails(candidate)) best = candidate
      else at += size
    }
  }
  for (let at = 0; at < best.length && asked < most; at++) {
    if (best[at] === 0) continue
    const candidate = Uint8Array.from(best)
    candidate[at] = 0
    asked++
    if (await fails(candidate)) best = candidate
  }
  return best
}
