import { type Catalogue, resolveDevice } from '../device/catalogue.ts'
import { type Device, familyKinds } from '../device/device.ts'
import { DeviceIdError } from '../device/device-id.ts'
import type { LogDevice } from './symptom.ts'

/** What speaks in a log is seldom more than a modem, an SDK and a library. */
const MOST_LAYERS = 4

/**
 * The device whose layers a log names, as one layered id: modem, SDK, library. Layers that do not go together are left
 * out, lowest first kept. undefined where the log names none, or none that the catalogue has.
 */
export function composeDevice(told: readonly LogDevice[], catalogue: Catalogue): Device | undefined {
  const families = new Map<string, string>()
  for (const { id } of told) {
    const [family = '', version] = id.split('@')
    if (catalogue.profile(family) === undefined) continue
    if (!families.has(family) || version !== undefined) families.set(family, id)
  }
  const layers = [...families]
    .sort(([a], [b]) => rank(a, catalogue) - rank(b, catalogue))
    .slice(0, MOST_LAYERS)
  for (let count = layers.length; count > 0; count--) {
    for (const skipped of [0, layers.length - count]) {
      const some = layers.slice(skipped, skipped + count)
      const device =
        resolve(some.map(([, id]) => id).join('+'), catalogue) ??
        resolve(some.map(([family]) => family).join('+'), catalogue)
      if (device !== undefined) return device
    }
  }
  return undefined
}

function rank(family: string, catalogue: Catalogue): number {
  const kind = catalogue.profile(family)?.kind
  return kind === undefined ? familyKinds.length : familyKinds.indexOf(kind)
}

function resolve(id: string, catalogue: Catalogue): Device | undefined {
  try {
    return resolveDevice(id, catalogue)
  } catch (error) {
    if (error instanceof DeviceIdError) return undefined
    throw error
  }
}
