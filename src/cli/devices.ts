import { resolveDevice } from '../device/catalogue.ts'
import { lintProfile } from '../device/lint.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { readInput } from '../io/input-file.ts'
import { readProfiles } from '../io/open-device.ts'
import { formatDeviceHtml } from '../report/device/device-html.ts'
import { formatDeviceMarkdown } from '../report/device/device-markdown.ts'
import { formatDeviceListHtml, formatDeviceListMarkdown } from '../report/device/list-tables.ts'
import { deviceJson, devicesJson, lintJson } from '../report/device-json.ts'
import { familyRow, formatDeviceList, holdsWord } from '../report/device-list.ts'
import { formatDevice } from '../report/device-page.ts'
import { escapeText } from '../report/escape.ts'
import { formatJson } from '../report/json-text.ts'
import { formatLint } from '../report/lint-page.ts'
import { exitCodes, usageError } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import type { Command } from './command.ts'
import { nearest } from './nearest.ts'

/** `tlsfit devices [list | show ID | lint FILE | from-config FILE | from-capture FILE]`: the catalogue, and profiles of one's own. */
export const devicesCommand: Command = {
  args: {
    act: {
      type: 'positional',
      description: 'list, show, lint, from-config or from-capture',
      words: ['list', 'show', 'lint', 'from-config', 'from-capture'],
    },
    of: { type: 'positional', valueHint: 'ID', description: 'of show an id, of the others a file' },
    format: {
      type: 'string',
      valueHint: 'text|json|markdown|html|yaml',
      description:
        'text is the default; markdown and html of list and show; from-config and from-capture write yaml or json',
    },
    stack: {
      type: 'string',
      valueHint: 'ID',
      description:
        'from-config: the layer that the file configures, such as mbedtls@2.28, esp-idf@5.2 or nrf9160@1.3.7+ncs@2.7.0',
    },
    mfl: {
      type: 'string',
      valueHint: '512|1024|2048|4096',
      description: 'from-config: the fragment length that the application asks for',
    },
  },
  run: async ({ io, parsed }) => {
    const [act = 'list', word] = parsed.positionals
    const value = (name: string) => parsed.values.get(name)?.[0]
    if (act === 'from-config') {
      const { fromConfig } = await import('./from-config.ts')
      const asked = { format: value('format'), stack: value('stack'), mfl: value('mfl') }
      return fromConfig(word, asked, io)
    }
    if (act === 'from-capture') {
      const { fromCapture } = await import('./from-capture.ts')
      return fromCapture(word, { format: value('format') }, io)
    }
    for (const option of ['stack', 'mfl']) {
      if (value(option) === undefined) continue
      throw usageError(
        'option-unused',
        `--${option} is of from-config`,
        `leave it out of ${act}`,
        `--${option}`,
      )
    }
    const run = Object.hasOwn(acts, act) ? acts[act as keyof typeof acts] : undefined
    if (run === undefined) throw unknownAct(act)
    return run(word, { io, format: formatOf(act, value('format')) })
  },
}

interface Asked {
  readonly io: CliIo
  readonly format: Format
}

const formats = ['text', 'json', 'markdown', 'html'] as const
type Format = (typeof formats)[number]

const acts = { list, show, lint }

async function list(word: string | undefined, { io, format }: Asked): Promise<number> {
  const catalogue = openCatalogue()
  const rows = catalogue.families.flatMap((family) => {
    const profile = catalogue.profile(family)
    return profile === undefined ? [] : [familyRow(profile)]
  })
  const found = word === undefined ? rows : rows.filter((row) => holdsWord(row, word))
  if (found.length === 0) {
    throw usageError(
      'unknown-family',
      `nothing in the catalogue holds "${escapeText(word ?? '', { maxChars: 40 })}"`,
      `families: ${catalogue.families.join(', ')}`,
    )
  }
  const write = {
    text: () => formatDeviceList(found, pageOptions(io)),
    json: () => `${formatJson(devicesJson(found))}\n`,
    markdown: () => formatDeviceListMarkdown(found),
    html: () => formatDeviceListHtml(found),
  }
  io.stdout.write(write[format]())
  return exitCodes.done
}

async function show(id: string | undefined, { io, format }: Asked): Promise<number> {
  if (id === undefined) {
    throw usageError('device-missing', 'show needs a device', 'write tlsfit devices show nrf9160@1.3.7')
  }
  const device = resolveDevice(id, openCatalogue(), await readProfiles(id))
  const write = {
    text: () => formatDevice(device, pageOptions(io)),
    json: () => `${formatJson(deviceJson(device))}\n`,
    markdown: () => formatDeviceMarkdown(device),
    html: () => formatDeviceHtml(device),
  }
  io.stdout.write(write[format]())
  return exitCodes.done
}

async function lint(file: string | undefined, { io, format }: Asked): Promise<number> {
  if (file === undefined) {
    throw usageError('file-missing', 'lint needs a profile file', 'write tlsfit devices lint my-device.yaml')
  }
  const problems = lintProfile(await readText(file), file, openCatalogue().families)
  io.stdout.write(
    format === 'json'
      ? `${formatJson(lintJson(file, problems))}\n`
      : formatLint(file, problems, pageOptions(io)),
  )
  return problems.length === 0 ? exitCodes.done : exitCodes.unreadable
}

async function readText(path: string): Promise<string> {
  return Buffer.from(await readInput(path, 'a profile file (YAML)')).toString('utf8')
}

/** A list of faults is text or JSON; what is known of devices is a page, too. */
function formatOf(act: string, format: string | undefined): Format {
  const there = act === 'lint' ? formats.slice(0, 2) : formats
  const found = there.find((each) => each === (format ?? 'text'))
  if (found !== undefined) return found
  const shown = escapeText(format ?? '', { maxChars: 40 })
  throw usageError(
    'value-invalid',
    `devices ${act} has no format ${shown}`,
    `there are: ${there.join(', ')}`,
    '--format',
  )
}

function unknownAct(act: string): Error {
  const names = [...Object.keys(acts), 'from-config', 'from-capture']
  const shown = escapeText(act, { maxChars: 40 })
  const near = nearest(act, names)
  return usageError(
    'unknown-command',
    `devices cannot "${shown}"`,
    near === undefined
      ? `there are: ${names.join(', ')}; a word to look for goes after list: tlsfit devices list ${shown}`
      : `did you mean tlsfit devices ${near}?`,
    shown,
  )
}
