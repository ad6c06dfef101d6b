/** An IPv4 or IPv6 address of 4 or 16 bytes as text, RFC 5952 for IPv6. */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return `${address[0]}.${address[1]}.${address[2]}.${address[3]}`
  const groups: number[] = []
  for (let at = 0; at < 16; at += 2) groups.push((address[at]! << 8) | address[at + 1]!)
  const [from, to] = longestZeros(groups)
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  if (to - from < 2) return hex(groups) // RFC 5952 §4.2.2: not for one group alone
  if (from === 0 && to === 5 && groups[5] === 0xffff) {
    return `::ffff:${address.subarray(12).join('.')}` // an IPv4-mapped address, RFC 5952 §5
  }
  return `${hex(groups.slice(0, from))}::${hex(groups.slice(to))}`
}

/** Half-open range of the first longest run of zero groups. */
function longestZeros(groups: readonly number[]): readonly [number, number] {
  let best: readonly [number, number] = [0, 0]
  let from = 0
  for (let at = 0; at <= groups.length; at++) {
    if (at < groups.length && groups[at] === 0) continue
    if (at - from > best[1] - best[0]) best = [from, at]
    from = at + 1
  }
  return best
}
