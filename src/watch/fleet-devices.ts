import { type Catalogue, resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import type { Profile } from '../device/profile.ts'
import type { StoredFleet } from '../store/rows/fleets.ts'
import type { HeldAnchor } from '../trust/trust-store.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import type { LabTargets } from './lab-targets.ts'

/** A fleet with what it is judged by. */
export interface OpenFleet {
  readonly fleet: StoredFleet
  readonly device: Device
  /** Undefined: not known; then the bundle of the profile, if any. */
  readonly held: readonly HeldAnchor[] | undefined
}

/** Devices and certificates of fleets, read once as long as the fleet stays the same. */
export class FleetDevices {
  readonly #catalogue: Catalogue
  readonly #lab: LabTargets | undefined
  readonly #open = new Map<
    string,
    { readonly written: string; read: StoredFleet; readonly fleet: Promise<OpenFleet> }
  >()

  constructor(catalogue: Catalogue, lab?: LabTargets) {
    this.#catalogue = catalogue
    this.#lab = lab
  }

  /** Throws `DeviceIdError` for a device that this version does not know, `LabError`. */
  open(fleet: StoredFleet): Promise<OpenFleet> {
    const known = this.#open.get(fleet.id)
    if (known?.read === fleet) return known.fleet
    const written = JSON.stringify(fleet)
    if (known?.written === written) {
      known.read = fleet
      return known.fleet
    }
    const opened = this.#read(fleet)
    this.#open.set(fleet.id, { written, read: fleet, fleet: opened })
    opened.catch(() => this.#open.delete(fleet.id))
    return opened
  }

  async #read(fleet: StoredFleet): Promise<OpenFleet> {
    const { held, heldOfLab = [] } = fleet
    const ofFiles = held?.map(({ label, der }) => ({
      label,
      certificate: decodeCertificate(new Uint8Array(Buffer.from(der, 'base64'))),
    }))
    const ofLab: HeldAnchor[] = []
    for (const target of heldOfLab) {
      const { anchors } = await openedLab(this.#lab).attempt(target)
      ofLab.push(...anchors.map(({ der }) => ({ label: target, certificate: decodeCertificate(der) })))
    }
    const all = ofFiles === undefined && heldOfLab.length === 0 ? undefined : [...(ofFiles ?? []), ...ofLab]
    const device = resolveDevice(fleet.device, this.#catalogue, await profilesOf(fleet))
    return { fleet, device, held: all }
  }
}

/** The lab has its servers in the process of `tlsfit watch`, and its keys are of that process. */
export class LabError extends Error {
  override readonly name = 'LabError'
}

export function openedLab(lab: LabTargets | undefined): LabTargets {
  if (lab === undefined) throw new LabError('lab: is for tlsfit watch itself: a worker elsewhere has no lab')
  return lab
}

async function profilesOf({ profiles = {} }: StoredFleet): Promise<ReadonlyMap<string, Profile>> {
  const texts = Object.entries(profiles)
  if (texts.length === 0) return new Map()
  const { parseProfile } = await import('../device/parse-profile.ts')
  return new Map(texts.map(([path, text]) => [path, parseProfile(text, path)]))
}
