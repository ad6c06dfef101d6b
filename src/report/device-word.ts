import type { Device } from '../device/device.ts'
import { shellWord } from './escape.ts'

type Named = Pick<Device, 'id' | 'asked' | 'configuration'>

/**
 * The device as a user types it for a command to copy: a profile file by its path, any other by its id. One that a build's
 * configuration made has no id of the catalogue: by the profile that `tlsfit devices from-config` makes of the file, over
 * the device that the file configures where that was named.
 */
export function deviceWord({ id, asked, configuration }: Named): string {
  if (configuration !== undefined) {
    const profile = `./${profileName(configuration.file)}`
    return shellWord(configuration.id === undefined ? profile : `${configuration.id}+${profile}`)
  }
  return shellWord(/[\\/]|\.ya?ml$/.test(asked) ? asked : id)
}

/**
 * The commands, with that which writes the profile they name before the first of tlsfit's own, where it is a build's
 * configuration: lines of a file to copy stay together.
 */
export function profileFirst(device: Named, commands: readonly string[]): readonly string[] {
  const { configuration } = device
  if (configuration === undefined) return commands
  const word = deviceWord(device).replaceAll("'", '')
  if (!commands.some((command) => command.replaceAll("'", '').includes(word))) return commands
  const { file, stack, mfl } = configuration
  const options = [
    ...(stack === undefined ? [] : ['--stack', shellWord(stack)]),
    ...(mfl === undefined ? [] : ['--mfl', String(mfl)]),
    '>',
    shellWord(profileName(file)),
  ]
  const make = `tlsfit devices from-config ${shellWord(file)} ${options.join(' ')}`
  const at = Math.max(
    0,
    commands.findIndex((command) => command.startsWith('tlsfit ')),
  )
  return [...commands.slice(0, at), make, ...commands.slice(at)]
}

function profileName(file: string): string {
  return `${file.replace(/^.*[\\/]/, '')}.yaml`
}
