import { formatCapsule, MAX_CAPSULE_BYTES } from '../capsule/capsule-file.ts'
import { resolveDevice } from '../device/catalogue.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { Command } from './command.ts'
import { one } from './option-values.ts'

/** `tlsfit capsule`: a redacted file to share in public. */
export const capsuleCommand: Command = {
  args: {
    input: {
      type: 'positional',

      description: 'log, PEM file, capture or endpoint; - for stdin',
    },
    device: {
      type: 'string',
      valueHint: 'ID',
      description: 'device that it happened to; its hello goes to an endpoint',
    },
    sni: {
      type: 'string',
      valueHint: 'NAME',
      description: 'host that the chain of a PEM file is compared with',
    },
    out: { type: 'string', valueHint: 'FILE', description: 'write there; standard output is the default' },
  },
  run: async ({ io, parsed }) => {
    const [input] = parsed.positionals
    if (input === undefined) {
      throw usageError(
        'input-missing',
        'nothing to make a capsule of',
        'write tlsfit capsule device.log --out bug.capsule',
      )
    }
    return runCapsule(
      { input, device: one(parsed, 'device'), sni: one(parsed, 'sni'), out: one(parsed, 'out') },
      io,
    )
  },
}

interface CapsuleArguments {
  readonly input: string
  readonly device: string | undefined
  readonly sni: string | undefined
  readonly out: string | undefined
}

async function runCapsule({ input, device, sni, out }: CapsuleArguments, io: CliIo): Promise<number> {
  const [{ makeCapsule }, { openCatalogue }] = await Promise.all([
    import('../io/capsule.ts'),
    import('../io/catalogue-files.ts'),
  ])
  const catalogue = openCatalogue()
  if (device !== undefined) resolveDevice(device, catalogue)
  const capsule = await makeCapsule({ input, device, sni, stdin: io.stdinChunks, catalogue, now: io.now() })
  const text = formatCapsule(capsule)
  if (text.length > MAX_CAPSULE_BYTES) {
    throw new CliError(
      exitCodes.unreadable,
      'capsule-too-large',
      `the capsule would have ${text.length} bytes, ${MAX_CAPSULE_BYTES} are read`,
      {
        hint: 'cut the input to the part around the failure',
        at: input,
      },
    )
  }
  if (out === undefined) {
    io.stdout.write(text)
    return exitCodes.done
  }
  await writeOut(out, text, 'wx')
  io.stdout.write(
    `${out}: ${text.length} bytes, names and secrets replaced. Read it before you share it; dates and sizes are real.\n`,
  )
  return exitCodes.done
}

/** Nothing that is there is overwritten: `wx` makes a file, `a` adds to one. */
export async function writeOut(path: string, text: string, flag: 'wx' | 'a'): Promise<void> {
  const { writeFile } = await import('node:fs/promises')
  try {
    await writeFile(path, text, { flag })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    const why = code === 'EEXIST' ? 'it is there already' : code
    throw new CliError(exitCodes.unreadable, 'file-unwritable', `${path} cannot be written: ${why}`, {
      hint: 'give --out another path',
      at: '--out',
    })
  }
}
