import { resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { nearestIds, printable, profilePaths } from '../device/device-id.ts'
import type { Profile } from '../device/profile.ts'
import type { CheckRequest } from './check-request.ts'
import { InputError } from './input-error.ts'
import { readInput } from './input-file.ts'

/** The device of an id as typed: profile files that it names are read. Throws `DeviceIdError`, `InputError`. */
export async function openDevice(
  asked: string | Device,
  request: Pick<CheckRequest, 'catalogue' | 'knownRoots'>,
): Promise<Device> {
  if (typeof asked !== 'string') return asked
  const device = resolveDevice(asked, request.catalogue, await readProfiles(asked))
  checkRoots(device, request)
  return device
}

/** The profiles of the files that an id names. What reads YAML is loaded only where there are any. */
export async function readProfiles(asked: string): Promise<ReadonlyMap<string, Profile>> {
  const profiles = new Map<string, Profile>()
  for (const path of profilePaths(asked)) {
    const text = Buffer.from(await readInput(path, 'a profile file (YAML)')).toString('utf8')
    const { parseProfile } = await import('../device/parse-profile.ts')
    profiles.set(path, parseProfile(text, path))
  }
  return profiles
}

/** A root of a profile that is not there would be left out of what the device holds. */
function checkRoots(
  { id, asked, anchorsHeld }: Device,
  { knownRoots }: Pick<CheckRequest, 'knownRoots'>,
): void {
  const roots = knownRoots.map((root) => root.id)
  const stranger = anchorsHeld?.value.find((root) => !roots.includes(root))
  if (stranger === undefined) return
  throw new InputError(
    'root-unknown',
    `${id} holds a root called "${printable(stranger)}", which is none of roots/`,
    `nearest: ${nearestIds(stranger, roots).join(', ')}; --anchor gives any other root`,
    asked,
  )
}
