import { type Diffed, diff } from '../io/diff.ts'
import type { Observation } from '../observe/observation.ts'
import { formatJson } from '../report/json-text.ts'
import { exitCodes, usageError } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import type { Command } from './command.ts'
import { choice, one } from './option-values.ts'

/** A hello that every server takes: what differs is then of the endpoints. */
const defaultDevice = 'openssl@3.0'

/** `tlsfit diff A B`: only what matters to a device. */
export const diffCommand: Command = {
  args: {
    a: { type: 'positional', description: 'target, capture, PEM file or device:ID' },
    b: { type: 'positional', description: 'the other' },
    device: {
      type: 'string',
      valueHint: 'ID',
      description: `whose ClientHello goes to a target; ${defaultDevice} is the default`,
    },
    keylog: {
      type: 'string',
      valueHint: 'FILE',
      description: 'key log (NSS) that opens the sessions of captures',
    },
    format: { type: 'string', valueHint: 'text|json|markdown', description: 'text is the default' },
  },
  run: async ({ io, parsed }) => {
    const [a, b] = parsed.positionals
    if (a === undefined || b === undefined) {
      throw usageError(
        'side-missing',
        'diff needs two things to compare',
        'write tlsfit diff before.pcap after.pcap',
      )
    }
    const format = choice(parsed, 'format', ['text', 'json', 'markdown'], 'text')
    const device = one(parsed, 'device') ?? defaultDevice
    return runDiff({ a, b, device, keyLogFile: one(parsed, 'keylog'), format }, io)
  },
}

interface DiffOptions {
  readonly a: string
  readonly b: string
  readonly device: string
  readonly keyLogFile: string | undefined
  readonly format: 'text' | 'json' | 'markdown'
}

async function runDiff(options: DiffOptions, io: CliIo): Promise<number> {
  const { openCatalogue } = await import('../io/catalogue-files.ts')
  const catalogue = openCatalogue()
  const { a, b, device, keyLogFile } = options
  const { lookAt } = await import('../io/look-at.ts')
  const look = (target: string): Promise<readonly Observation[]> =>
    lookAt({ target, device, keyLogFile, catalogue, now: io.now() })
  const diffed = await diff({ a, b, catalogue, look })
  if (options.format === 'markdown') {
    const markdown = await import('../report/markdown/diff-markdown.ts')
    io.stdout.write(
      diffed.kind === 'devices'
        ? markdown.devicesDiffMarkdown(diffed.a, diffed.b, diffed.differences)
        : markdown.observationsDiffMarkdown(diffed),
    )
    return exitCodeOf(diffed)
  }
  if (options.format === 'json') {
    const json = await import('../report/diff-json.ts')
    const shown =
      diffed.kind === 'devices'
        ? json.devicesDiffJson(diffed.a, diffed.b, diffed.differences)
        : json.observationsDiffJson(diffed)
    io.stdout.write(`${formatJson(shown)}\n`)
    return exitCodeOf(diffed)
  }
  const text = await import('../report/diff-text.ts')
  const page = pageOptions(io)
  io.stdout.write(
    diffed.kind === 'devices'
      ? text.formatDevicesDiff(diffed.a, diffed.b, diffed.differences, page)
      : text.formatObservationsDiff(diffed, page),
  )
  return exitCodeOf(diffed)
}

/** Sides that were not reached, or hold no session, are not compared: that is no answer. */
function exitCodeOf(diffed: Diffed): number {
  if (diffed.kind === 'devices') return exitCodes.done
  const compared = diffed.pairs.filter(({ a, b }) => a.connections.length > 0 && b.connections.length > 0)
  return compared.length === 0 ? exitCodes.undecided : exitCodes.done
}
