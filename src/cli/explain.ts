import type { Explained } from '../io/explain.ts'
import type { Verdict } from '../judge/verdict.ts'
import { formatJson } from '../report/json-text.ts'
import { exitCodes } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import type { Command } from './command.ts'
import { exitCodeOf } from './exit-code.ts'
import { type ExplainOptions, readExplainOptions } from './explain-options.ts'
import { ProgressLine } from './progress-line.ts'

/** `tlsfit explain`: a log, a chain or a capture, to its cause. Its run returns the exit code. */
export const explainCommand: Command = {
  args: {
    file: { type: 'positional', description: 'file; - for stdin' },
    device: { type: 'string', valueHint: 'ID', description: 'the device; without it, what the input tells' },
    anchor: {
      type: 'string',
      valueHint: 'FILE',
      description: 'root the device holds, PEM or DER; repeatable',
    },
    verify: {
      type: 'string',
      valueHint: 'full|no-name|none',
      description: 'what the application switched off',
    },
    time: { type: 'string', valueHint: 'ISO', description: 'judge dates at this time; now is the default' },
    sni: { type: 'string', valueHint: 'NAME', description: 'host that the chain of a file is compared with' },
    with: {
      type: 'string',
      valueHint: 'TARGET|FILE',
      description: 'settle the ranking by the endpoint itself, a capture or a chain',
    },
    connect: {
      type: 'string',
      valueHint: 'HOST:PORT',
      description: 'look there at the endpoint of --with, instead of at its own host and port',
    },
    keylog: {
      type: 'string',
      valueHint: 'FILE',
      description: 'key log (NSS) that opens the sessions of a capture',
    },
    format: { type: 'string', valueHint: 'text|json|markdown', description: 'text is the default' },
    strict: { type: 'boolean', description: 'exit 2 when at risk' },
  },
  run: async ({ io, parsed }) => {
    return runExplain(await readExplainOptions(parsed, io), io)
  },
}

async function runExplain(options: ExplainOptions, io: CliIo): Promise<number> {
  const [{ explain }, { openSource }, { openCatalogue }, { openKnownRoots }] = await Promise.all([
    import('../io/explain.ts'),
    import('../io/byte-source.ts'),
    import('../io/catalogue-files.ts'),
    import('../io/root-files.ts'),
  ])
  const progress = new ProgressLine(io)
  const source = await openSource(options.file, io.stdinChunks, 'a log, a PEM file or a capture')
  let explained: Explained
  try {
    explained = await explain({
      source,
      device: options.device,
      catalogue: openCatalogue(),
      knownRoots: openKnownRoots(),
      anchors: options.anchors,
      verify: options.verify,
      now: options.now,
      sni: options.sni,
      keyLogFile: options.keyLogFile,
      look: options.look,
      onProgress: (bytes, totalBytes) =>
        progress.show({ target: source.name, act: 'download', address: undefined, bytes, totalBytes }),
    })
  } finally {
    progress.clear()
  }
  io.stdout.write(await formatExplained(explained, options, io))
  const verdicts = verdictsOf(explained)
  return verdicts.length === 0 ? exitCodes.done : exitCodeOf(verdicts, options.strict)
}

/** With a device named, `explain` ends as `check` does. */
function verdictsOf(explained: Explained): readonly Verdict[] {
  if (explained.kind !== 'capture') return explained.verdicts
  return explained.sessions.flatMap(({ verdicts }) => verdicts)
}

async function formatExplained(explained: Explained, { format }: ExplainOptions, io: CliIo): Promise<string> {
  if (format === 'markdown') return formatMarkdown(explained)
  const page = pageOptions(io)
  if (explained.kind === 'log') {
    if (format === 'text') return (await import('../report/causes-text.ts')).formatCauses(explained, page)
    return `${formatJson((await import('../report/causes-json.ts')).causesJson(explained))}\n`
  }
  if (explained.kind === 'capsule') {
    const { verdicts } = explained
    if (format === 'text') return (await import('../report/text.ts')).formatText(verdicts, page)
    return `${formatJson((await import('../report/json.ts')).verdictsJson(verdicts))}\n`
  }
  if (explained.kind === 'certificates') {
    if (format === 'text') {
      return (await import('../report/certificates-text.ts')).formatCertificates(explained, page)
    }
    const { certificatesJson } = await import('../report/certificates-json.ts')
    return `${formatJson(certificatesJson(explained))}\n`
  }
  if (format === 'text') return (await import('../report/sessions-text.ts')).formatSessions(explained, page)
  return `${formatJson((await import('../report/capture-json.ts')).captureJson(explained))}\n`
}

async function formatMarkdown(explained: Explained): Promise<string> {
  switch (explained.kind) {
    case 'log':
      return (await import('../report/markdown/causes-markdown.ts')).causesMarkdown(explained)
    case 'capture':
      return (await import('../report/markdown/sessions-markdown.ts')).sessionsMarkdown(explained)
    case 'certificates':
      return (await import('../report/markdown/certificates-markdown.ts')).certificatesMarkdown(explained)
    case 'capsule': {
      const { document, verdictSections } = await import('../report/markdown/account.ts')
      return document(verdictSections(explained.verdicts))
    }
  }
}
