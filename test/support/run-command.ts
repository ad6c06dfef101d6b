import type { CliIo, CliOutput } from '../../src/cli/cli-io.ts'
import { run } from '../../src/cli/run.ts'

export interface CommandRan {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command line in this process: on 1 September 2026, in UTF-8 and on no terminal, where `given` says nothing else. */
export async function runCommand(
  argv: readonly string[],
  {
    stdin = '',
    stdout = {},
    ...given
  }: { readonly stdin?: string; readonly stdout?: Partial<CliOutput> } & Partial<Omit<CliIo, 'stdout'>> = {},
): Promise<CommandRan> {
  const out: string[] = []
  const err: string[] = []
  const code = await run(argv, {
    stdout: { write: (text) => void out.push(text), isTTY: false, columns: undefined, ...stdout },
    stderr: { write: (text) => void err.push(text), isTTY: false, columns: undefined },
    readStdin: async () => stdin,
    stdinChunks: async function* () {
      if (stdin !== '') yield Buffer.from(stdin)
    },
    env: { LANG: 'en_US.UTF-8' },
    now: () => new Date('2026-09-01T00:00:00Z'),
    ...given,
  })
  return { code, out: out.join(''), err: err.join('') }
}
