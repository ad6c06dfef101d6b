import type { Device } from '../device/device.ts'
import { shellWord } from './escape.ts'

/**
 * The device as a user types it for a command to copy: a profile file by its path, any other by its id. One that a build's
 * configuration made has no id of the catalogue: by the profile that `tlsfit devices from-config` makes of the file.
 */
export function deviceWord({
  id,
  asked,
  configuration,
}: Pick<Device, 'id' | 'asked' | 'configuration'>): string {
  if (configuration !== undefined) return shellWord(`./${configuration.file.replace(/^.*[\\/]/, '')}.yaml`)
  return shellWord(/[\\/]|\.ya?ml$/.test(asked) ? asked : id)
}
