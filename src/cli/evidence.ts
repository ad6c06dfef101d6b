import { resolveDevice } from '../device/catalogue.ts'
import { writeOut } from './capsule.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { Command } from './command.ts'
import { choice, one } from './option-values.ts'

/** `tlsfit evidence submit CAPSULE`: a row for evidence/, printed or appended. */
export const evidenceCommand: Command = {
  args: {
    act: { type: 'positional', description: 'submit', words: ['submit'] },
    capsule: { type: 'positional', description: 'file of tlsfit capsule' },
    outcome: { type: 'string', valueHint: 'works|fails', description: 'what the device did with it' },
    device: { type: 'string', valueHint: 'ID', description: 'the device, with the version it runs' },
    out: { type: 'string', valueHint: 'FILE', description: 'append there, such as evidence/mine.yaml' },
  },
  run: async ({ io, parsed }) => {
    const [act, capsule] = parsed.positionals
    const device = one(parsed, 'device')
    const line = 'write tlsfit evidence submit bug.capsule --outcome fails --device nrf9160@1.3.7'
    if (act !== 'submit' || capsule === undefined)
      throw usageError('capsule-missing', 'nothing to submit', line)
    if (one(parsed, 'outcome') === undefined)
      throw usageError('outcome-missing', 'no --outcome given', line, '--outcome')
    if (device === undefined) throw usageError('device-missing', 'no --device given', line, '--device')
    const outcome = choice(parsed, 'outcome', ['works', 'fails'] as const, 'works')
    return submit({ capsule, outcome, device, out: one(parsed, 'out') }, io)
  },
}

interface SubmitOptions {
  readonly capsule: string
  readonly outcome: 'works' | 'fails'
  readonly device: string
  readonly out: string | undefined
}

async function submit(
  { capsule: path, outcome, device: asked, out }: SubmitOptions,
  io: CliIo,
): Promise<number> {
  const [{ readCapsule }, { openSource }, { openCatalogue }, { openKnownRoots }, { formatEvidenceRow }] =
    await Promise.all([
      import('../io/capsule.ts'),
      import('../io/byte-source.ts'),
      import('../io/catalogue-files.ts'),
      import('../io/root-files.ts'),
      import('../capsule/evidence-row.ts'),
    ])
  const device = resolveDevice(asked, openCatalogue())
  const capsule = await readCapsule(await openSource(path, io.stdinChunks, 'a file of tlsfit capsule'))
  const chains =
    capsule.kind === 'log'
      ? []
      : capsule.observations.flatMap(({ connections }) => connections.flatMap(({ chain }) => chain ?? []))
  const [chain] = chains
  if (chain === undefined || chain.certificates.length === 0) {
    throw new CliError(exitCodes.unreadable, 'no-chain-seen', `${path} shows no certificates`, {
      hint: 'make the capsule of the endpoint, its chain or a capture',
      at: path,
    })
  }
  const [layer = device.id] = device.id.split('+')
  const day = io.now().toISOString().slice(0, 10)
  const row = formatEvidenceRow({ chain, outcome, layer, knownRoots: openKnownRoots(), day })
  if (out === undefined) io.stdout.write(`rows:\n${row}`)
  else {
    const { existsSync } = await import('node:fs')
    await writeOut(out, existsSync(out) ? row : `rows:\n${row}`, 'a')
    io.stdout.write(`${out}: one row added\n`)
  }
  io.stderr.write(
    'To share it, add the row to a file of evidence/ and open a pull request. Nothing was sent.\n',
  )
  return exitCodes.done
}
