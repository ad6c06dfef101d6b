import { blankText } from '../observe/secrets.ts'
import { errorJson } from '../report/error-json.ts'
import { escapeText } from '../report/escape.ts'
import { formatJson } from '../report/json-text.ts'
import { CliError, exitCodes } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'

/** Prints what went wrong: words on stderr, and the JSON error on stdout where JSON was asked for. Returns the exit code. */
export function reportError(error: unknown, io: CliIo, format: 'text' | 'json' | 'jsonl'): number {
  const known = errorOf(error)
  sayError(known, io)
  if (known.exitCode === exitCodes.fault && io.env.TLSFIT_DEBUG === '1' && error instanceof Error) {
    io.stderr.write(`${error.stack ?? ''}\n`)
  }
  if (format !== 'text') {
    io.stdout.write(`${formatJson(errorJson(known), format === 'json' ? 2 : 0)}\n`)
  }
  return known.exitCode
}

/** Words on stderr. */
export function sayError({ message, hint, at }: CliError, io: CliIo): void {
  const place = at === undefined || message.includes(at) ? '' : ` (${clean(at)})`
  io.stderr.write(`error: ${clean(message)}${place}\n`)
  if (hint !== undefined) io.stderr.write(`hint: ${clean(hint)}\n`)
}

/** Any error as one for people; one that nobody expected is a fault of ours. */
export function errorOf(error: unknown): CliError {
  return expectedError(error) ?? fault(error)
}

/** Errors of the layers below that are the input's fault, by name: their files are not loaded for that. */
export function expectedError(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error
  if (!(error instanceof Error)) return undefined
  const { name, code, hint, at } = error as Error & { code?: unknown; hint?: unknown; at?: unknown }
  const exitCode =
    code === 'profile-missing'
      ? exitCodes.unreadable
      : Object.hasOwn(exitCodeOfError, name)
        ? exitCodeOfError[name]
        : undefined
  if (exitCode === undefined) return undefined
  return new CliError(exitCode, typeof code === 'string' ? code : kebabName(name), error.message, {
    hint: typeof hint === 'string' ? hint : undefined,
    at: typeof at === 'string' && at !== '' ? at : undefined,
  })
}

const exitCodeOfError: { readonly [name: string]: number } = {
  TargetError: exitCodes.usage,
  DeviceIdError: exitCodes.usage,
  InputError: exitCodes.unreadable,
  PemError: exitCodes.unreadable,
  DataFileError: exitCodes.unreadable,
  ConfigFileError: exitCodes.unreadable,
  CapsuleError: exitCodes.unreadable,
  FrontError: exitCodes.unreadable,
  ObservationFormatError: exitCodes.unreadable,
  IdentityError: exitCodes.unreadable,
  SecretError: exitCodes.unreadable,
  StoreError: exitCodes.unreadable,
  ApiStartError: exitCodes.unreadable,
  CredentialError: exitCodes.unreadable,
}

function fault(error: unknown): CliError {
  const what = error instanceof Error ? error.message : 'something that is no error was thrown'
  return new CliError(
    exitCodes.fault,
    'internal-fault',
    `internal fault: ${blankText(what.split('\n')[0] ?? '')}`,
    {
      hint: 'this is a bug in tlsfit; run again with TLSFIT_DEBUG=1 and report the trace',
    },
  )
}

function clean(text: string): string {
  return escapeText(text, { maxChars: 600 })
}

function kebabName(name: string): string {
  return name
    .replace(/Error$/, '')
    .replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`)
    .toLowerCase()
}
