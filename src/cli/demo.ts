import { openCatalogue } from '../io/catalogue-files.ts'
import { loopback } from '../io/listen.ts'
import { openKnownRoots } from '../io/root-files.ts'
import type { LabCase } from '../lab/case.ts'
import { findCase, labCases } from '../lab/cases.ts'
import { processKeys } from '../lab/keys.ts'
import type { Json } from '../observe/observation-json.ts'
import { verdictJson } from '../report/json.ts'
import { formatJson } from '../report/json-text.ts'
import { Page } from '../report/layout.ts'
import { exitCodes, usageError } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import type { Command } from './command.ts'
import { type PlayedStep, playCase, tellCase } from './story.ts'
import { waitingFor } from './waiting-line.ts'

/** `tlsfit demo`: the five cases on loopback, each seen, explained and cured. */
export const demoCommand: Command = {
  args: {
    case: {
      type: 'string',
      valueHint: 'ID',
      description: 'one case only',
      words: labCases.map(({ id }) => id),
    },
    format: { type: 'string', valueHint: 'text|json', description: 'json: every step with its verdict' },
  },
  run: async ({ io, parsed }) => {
    const format = parsed.values.get('format')?.[0] ?? 'text'
    if (format !== 'text' && format !== 'json') {
      throw usageError(
        'value-unknown',
        `demo has no format ${format}`,
        'write --format text or json',
        '--format',
      )
    }
    return format === 'json'
      ? await demoJson(casesAsked(parsed.values.get('case')?.[0]), io)
      : await demoText(casesAsked(parsed.values.get('case')?.[0]), io)
  },
}

async function demoText(cases: readonly LabCase[], io: CliIo): Promise<number> {
  const options = pageOptions(io)
  const opening = new Page(options)
  opening.paragraph(
    '',
    'Five devices that could not connect, on servers of our own on loopback. Each verdict below was just made: dialled as the device dials, judged by what is known of it. Names ending in .test are doubles: Skyshelf stands for Microsoft Azure, Forest for Amazon, Digilab for DigiCert.',
  )
  io.stdout.write(opening.toString())
  let surprises = 0
  for (const [index, one] of cases.entries()) {
    const what = `making keys, serving and dialling case ${index + 1} of ${cases.length} …`
    const played = await waitingFor(what, play(one, io), io)
    const page = new Page(options)
    tellCase(page, one, played, { number: `${index + 1} of ${cases.length}`, ascii: options.ascii })
    io.stdout.write(`\n${page.toString()}`)
    surprises += played.filter(({ surprise }) => surprise !== undefined).length
  }
  const closing = new Page(options)
  if (surprises > 0) {
    closing.paragraph(
      '',
      `${surprises} of these verdicts are not as the story says: that is our fault, please report it.`,
      { text: 'bad' },
    )
  } else {
    closing.paragraph('', 'Now your own endpoint, or one of these as a server for your device:', {
      text: 'strong',
    })
    closing.command('tlsfit check https://your.host/fw.bin --device nrf9160@1.3.7 --anchor root.pem', 2)
    closing.command('tlsfit lab nordic-azure-fota', 2)
  }
  io.stdout.write(`\n${closing.toString()}`)
  return surprises > 0 ? exitCodes.fault : exitCodes.done
}

async function demoJson(cases: readonly LabCase[], io: CliIo): Promise<number> {
  const steps: Json[] = []
  let surprises = 0
  for (const one of cases) {
    for (const { step, verdict, surprise } of await play(one, io)) {
      if (surprise !== undefined) surprises++
      steps.push({
        case: one.id,
        role: step.role,
        title: step.title,
        deviceSays: step.deviceSays,
        why: step.why,
        cure: step.cure ?? null,
        asExpected: surprise === undefined,
        verdict: verdictJson(verdict),
      })
    }
  }
  io.stdout.write(`${formatJson({ schema: 'tlsfit/demo@1', steps })}\n`)
  return surprises > 0 ? exitCodes.fault : exitCodes.done
}

async function play(one: LabCase, io: CliIo): Promise<PlayedStep[]> {
  const busy = io.stderr.isTTY
  if (busy) io.stderr.write(`\r\u001b[2K${one.id} …`)
  const now = io.now()
  const open = await one.open({ ...loopback, keys: processKeys, now })
  try {
    return await playCase(open, { catalogue: openCatalogue(), knownRoots: openKnownRoots(), now })
  } finally {
    await open.close()
    if (busy) io.stderr.write('\r\u001b[2K')
  }
}

function casesAsked(id: string | undefined): readonly LabCase[] {
  if (id === undefined) return labCases
  const one = findCase(id)
  if (one !== undefined) return [one]
  throw usageError(
    'case-unknown',
    'there is no such case',
    `cases: ${labCases.map((each) => each.id).join(', ')}`,
    '--case',
  )
}
