import { type Catalogue, listDevices, resolveDevice } from '../device/catalogue.ts'
import { profilePaths } from '../device/device-id.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { formatList } from '../report/units.ts'
import { usageError } from './cli-error.ts'

/** Several devices of one run: more are a mistake of the list. */
const maxDevices = 200

/**
 * The ids of `--device`, commas and repeats taken apart, `all` spelt out. An unknown id throws `DeviceIdError` here,
 * before anything is dialled; one that names a profile file is read later.
 */
export async function readDevices(
  values: readonly string[],
): Promise<{ readonly devices: readonly string[]; readonly catalogue: Catalogue }> {
  const catalogue = openCatalogue()
  const asked = values.flatMap((value) => value.split(',')).map((id) => id.trim())
  const ids = [...new Set(asked.filter((id) => id !== ''))]
  if (ids.length === 0) {
    throw usageError(
      'device-missing',
      'no device given: what fits depends on whose eyes look',
      `add --device ID, such as --device nrf9160@1.3.7; known: ${formatList(catalogue.families, 12)}; or --device all`,
      '--device',
    )
  }
  if (ids.length > maxDevices) {
    throw usageError('too-many-devices', `more than ${maxDevices} devices`, 'split the list', '--device')
  }
  for (const id of ids) if (id !== 'all' && profilePaths(id).length === 0) resolveDevice(id, catalogue)
  const devices = ids.flatMap((id) =>
    id === 'all' ? listDevices(catalogue).map((device) => device.id) : [id],
  )
  return { devices: [...new Set(devices)], catalogue }
}
