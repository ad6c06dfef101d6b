import type { Stage } from '../finding/stage.ts'
import { helloRefused } from './refusal.ts'
import { isThere, type Scene } from './scene.ts'

/** Stages of which the observation shows anything; the others are `not-seen`, however the verdict goes. */
export function seenStages(scenes: readonly Scene[]): ReadonlySet<Stage> {
  const seen = new Set<Stage>()
  for (const scene of scenes) {
    for (const [stage, isSeen] of Object.entries(tests)) {
      if (isSeen(scene)) seen.add(stage as Stage)
    }
  }
  return seen
}

const tests: { readonly [S in Stage]: (scene: Scene) => boolean } = {
  dns: (scene) => isThere('lookup', scene),
  tcp: (scene) => isThere('tcp', scene),
  hello: ({ leg: { first } }) =>
    first?.hello !== undefined &&
    (first.negotiated !== undefined || first.violation !== undefined || helloRefused(first)),
  chain: (scene) => isThere('chain', scene),
  path: (scene) => isThere('leaf', scene),
  name: (scene) => isThere('leaf', scene),
  dates: (scene) => isThere('leaf', scene),
  handshake: ({ leg: { first } }) => first?.establishedAtMs !== undefined,
  records: (scene) => isThere('records', scene),
  http: (scene) => isThere('response', scene),
  mqtt: (scene) => isThere('mqtt', scene),
}
