import { Chance, seedOf } from './chance.ts'

/**
 * `input` cut into pieces, the places drawn from its bytes: as a rule in a few places, at times into single bytes or short
 * pieces, an empty one among them.
 */
export function piecesOf(input: Uint8Array): Uint8Array[] {
  const chance = new Chance(seedOf(input))
  if (!chance.oneIn(input.length < 512 ? 8 : 32)) return cutAt(input, chance)
  const longest = chance.pick([1, 2, 7, 64])
  const pieces: Uint8Array[] = []
  for (let at = 0; at < input.length; ) {
    const length = chance.oneIn(16) ? 0 : 1 + chance.below(longest)
    pieces.push(input.subarray(at, at + length))
    at += length
  }
  return pieces
}

function cutAt(input: Uint8Array, chance: Chance): Uint8Array[] {
  const cuts = [0, input.length]
  for (let i = chance.below(4); i >= 0; i--) cuts.push(chance.below(input.length + 1))
  // Near the front as well: that is where headers are.
  cuts.push(Math.min(chance.below(12), input.length))
  cuts.sort((a, b) => a - b)
  return cuts.slice(1).map((to, index) => input.subarray(cuts[index], to))
}
