import type { Device } from '../device/device.ts'
import { shellWord } from './escape.ts'

/** The device as a user types it for a command to copy: a profile file by its path, any other by its id. */
export function deviceWord({ id, asked }: Pick<Device, 'id' | 'asked'>): string {
  return shellWord(/[\\/]|\.ya?ml$/.test(asked) ? asked : id)
}
