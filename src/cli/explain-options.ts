import type { CheckRequest } from '../io/check-request.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import type { Verdict } from '../judge/verdict.ts'
import { parseTarget } from '../observe/target.ts'
import type { ParsedArguments } from './arguments.ts'
import { readAnchors } from './check-files.ts'
import { parseConnect } from './check-options.ts'
import { usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import { choice, one, parseTime } from './option-values.ts'

/** The options of `tlsfit explain`, read and checked. */
export interface ExplainOptions extends Pick<CheckRequest, 'anchors' | 'verify' | 'sni' | 'now'> {
  /** Path, or `-`. */
  readonly file: string
  readonly device: string | undefined
  readonly keyLogFile: string | undefined
  /** `--with`: what `tlsfit check` says of it, for a device. */
  readonly look: ((deviceId: string) => Promise<Verdict[]>) | undefined
  readonly format: 'text' | 'json' | 'markdown'
  readonly strict: boolean
}

/** Throws `CliError`, `TargetError`, `PemError`; nothing was read or dialled by then but the anchors. */
export async function readExplainOptions(parsed: ParsedArguments, io: CliIo): Promise<ExplainOptions> {
  const [file] = parsed.positionals
  if (file === undefined) {
    throw usageError(
      'file-missing',
      'nothing to explain',
      'write tlsfit explain device.log, or tlsfit explain - and paste',
    )
  }
  const device = one(parsed, 'device')
  if (device !== undefined && /[,]|^all$/.test(device)) {
    throw usageError(
      'value-invalid',
      'explain takes one device',
      'a log is of one device; check takes several',
      '--device',
    )
  }
  const options = {
    file,
    device,
    keyLogFile: one(parsed, 'keylog'),
    anchors: await readAnchors(parsed.values.get('anchor')),
    verify: choice<VerifyMode>(parsed, 'verify', ['full', 'no-name', 'none'], 'full'),
    sni: one(parsed, 'sni'),
    now: parseTime(one(parsed, 'time')) ?? io.now(),
    format: choice(parsed, 'format', ['text', 'json', 'markdown'], 'text'),
    strict: parsed.flags.has('strict'),
  }
  const target = one(parsed, 'with')
  const connect = parseConnect(one(parsed, 'connect'))
  const isFile = target !== undefined && parseTarget(target).filePath !== undefined
  if (connect !== undefined && (target === undefined || isFile)) {
    throw usageError(
      'connect-unused',
      isFile ? '--connect and a file: nothing is dialled' : '--connect, and no endpoint to look at',
      isFile ? 'give an endpoint to --with, or leave --connect out' : 'add --with https://example.com/fw.bin',
      '--connect',
    )
  }
  return {
    ...options,
    look: target === undefined ? undefined : (id) => look(target, id, { ...options, connect }),
  }
}

async function look(
  target: string,
  device: string,
  {
    anchors,
    verify,
    sni,
    now,
    connect,
    keyLogFile,
  }: Pick<CheckRequest, 'anchors' | 'verify' | 'sni' | 'now' | 'connect' | 'keyLogFile'>,
): Promise<Verdict[]> {
  const [{ check }, { checkRequest }] = await Promise.all([
    import('../io/check.ts'),
    import('../io/check-defaults.ts'),
  ])
  return check(
    checkRequest({
      target,
      devices: [device],
      anchors,
      verify,
      sni,
      connect,
      now,
      // The sessions of a capture are opened by it; of a dial nothing is written to it.
      keyLogFile: parseTarget(target).filePath === undefined ? undefined : keyLogFile,
    }),
  )
}
