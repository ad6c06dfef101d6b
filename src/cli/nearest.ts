import { editDistance } from '../device/device-id.ts'

/** The known word that `typed` was most likely meant to be; undefined when none is near. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((word) => ({ word, distance: editDistance(typed.toLowerCase().slice(0, 64), word.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  if (best === undefined) return undefined
  const starts = known.filter((word) => typed.length >= 3 && word.startsWith(typed.toLowerCase()))
  if (starts.length === 1) return starts[0]
  return best.distance <= Math.max(1, Math.floor(best.word.length / 3)) ? best.word : undefined
}
