import { homedir } from 'node:os'
import { join } from 'node:path'
import { isHostName } from '../serve/machine-hosts.ts'
import type { ParsedArguments } from './arguments.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'

/** `--port`, or another option for one; 0 for any free one. */
export function portOf(parsed: ParsedArguments, option = 'port'): number {
  const text = parsed.values.get(option)?.[0]
  if (text === undefined) return 0
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw usageError(
    'value-invalid',
    `--${option} needs a number from 0 to 65535`,
    `write --${option} 8443`,
    `--${option}`,
  )
}

/** `--name`, repeatable: host names or addresses. */
export function namesOf(parsed: ParsedArguments): readonly string[] {
  const names = parsed.values.get('name') ?? []
  if (names.every(isHostName)) return names
  throw usageError(
    'value-invalid',
    '--name needs a host name or an address',
    'write --name ota.example.com',
    '--name',
  )
}

/** The system's refusal to listen, for people; any other error as it is. */
export function cannotListen(error: unknown, hosts: readonly string[], port: number): unknown {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown }
  // A name is looked up before it is listened on.
  if (typeof code !== 'string' || !['listen', 'bind', 'getaddrinfo'].includes(String(syscall))) return error
  const where = `${hosts.join(' and ')}${port === 0 ? '' : `, port ${port}`}`
  return new CliError(exitCodes.unreadable, 'cannot-listen', `cannot listen on ${where} (${code})`, {
    hint: 'choose another --port, or leave it out for a free one; --host takes an address of this machine',
    at: port === 0 || syscall === 'getaddrinfo' ? '--host' : '--port',
  })
}

/** Ctrl-C, or the end that a supervisor asks for. */
export function interrupted(): Promise<void> {
  return new Promise((done) => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })
}

/** XDG Base Directory Specification: state of one command that is kept, but is no configuration. */
export function stateFolder({ env }: Pick<CliIo, 'env'>, command: string): string {
  const base = env.XDG_STATE_HOME
  const state = base?.startsWith('/') ? base : join(env.HOME ?? homedir(), '.local/state')
  return join(state, 'tlsfit', command)
}
