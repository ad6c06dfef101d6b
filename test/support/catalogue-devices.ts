import { resolveDevice } from '../../src/device/catalogue.ts'
import type { Device } from '../../src/device/device.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'

const catalogue = openCatalogue()
const devices = new Map<string, Device>()

/** The default of every family. */
export const deviceIds: readonly string[] = catalogue.families

/** A device of `devices/`, composed once. */
export function catalogueDevice(id: string): Device {
  const device = devices.get(id) ?? resolveDevice(id, catalogue, new Map())
  devices.set(id, device)
  return device
}
