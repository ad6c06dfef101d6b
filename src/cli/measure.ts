import { join, resolve } from 'node:path'
import { resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { packageVersion } from '../io/data-folder.ts'
import { readProfiles } from '../io/open-device.ts'
import type { KnownBy } from '../measure/known-devices.ts'
import type { ParsedArguments } from './arguments.ts'
import { usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { Command } from './command.ts'
import { type MeasuredFormat, measuredFormats } from './measure-formats.ts'
import { choice, one } from './option-values.ts'
import { parseFilesOf, type ReportFile } from './report-option.ts'
import { namesOf, portOf, stateFolder } from './service.ts'

/** `tlsfit measure`: asks a real device, one question a connection, until all is known. */
export const measureCommand: Command = {
  args: {
    device: {
      type: 'string',
      valueHint: 'ID',
      description: 'what it is taken to be: the test CA in its format, and what differs from the catalogue',
    },
    name: {
      type: 'string',
      valueHint: 'HOST',
      description: 'a name under which the device connects; repeatable',
    },
    host: {
      type: 'string',
      valueHint: 'ADDRESS',
      description: 'listen there; all addresses are the default',
    },
    port: { type: 'string', valueHint: 'N', description: 'of HTTPS; any free one is the default' },
    'mqtt-port': { type: 'string', valueHint: 'N', description: 'of MQTT; any free one is the default' },
    dir: {
      type: 'string',
      valueHint: 'FOLDER',
      description: 'where session and test CA are kept; $XDG_STATE_HOME/tlsfit/measure is the default',
    },
    out: {
      type: 'string',
      valueHint: 'FILE',
      description:
        'the profile, written anew after each answer; device.yaml beside the session is the default',
    },
    devices: {
      type: 'string',
      valueHint: 'N',
      description: 'ends when so many are examined; 1 is the default',
    },
    'known-by': {
      type: 'string',
      valueHint: 'address|hello',
      description:
        'how devices are told apart: by address and hello, or by the hello alone; left out: one whose address changes is found again',
    },
    hold: {
      type: 'string',
      valueHint: 'MS',
      description: 'how long a device that goes on waiting is watched, at least; 500 is the default',
    },
    replay: {
      type: 'string',
      valueHint: 'FILE',
      description: 'no server: everything from the answers of a session file',
    },
    report: {
      type: 'string',
      valueHint: 'FORMAT:FILE',
      description: 'at the end a report in a file, too: text, markdown, html or json; repeatable',
    },
    format: {
      type: 'string',
      valueHint: 'text|json|jsonl',
      description: 'json, or jsonl: a line on start, a line an event, and one with all that was found',
    },
  },
  run: async ({ io, parsed }) => {
    const plan = await planOf(parsed, io)
    if (plan.replay !== undefined) return (await import('./measure-replay.ts')).replay(plan, plan.replay, io)
    return (await import('./measure-run.ts')).measure(plan, io)
  },
}

export interface MeasurePlan {
  readonly device: Device | undefined
  readonly names: readonly string[]
  readonly hosts: readonly string[]
  readonly port: number | undefined
  readonly mqttPort: number | undefined
  readonly folder: string
  /** Undefined: none was asked for, and a replay writes none. */
  readonly out: string | undefined
  readonly devices: number
  readonly knownBy: KnownBy | undefined
  readonly holdMs: number
  readonly replay: string | undefined
  /** Beside what is told on the terminal. */
  readonly reports: readonly ReportFile<MeasuredFormat>[]
  readonly format: 'text' | 'json'
  readonly version: string
}

/** Devices are examined side by side up to here. */
const MOST_DEVICES = 8
const HOLD_MS = 500
const MOST_HOLD_MS = 60_000

async function planOf(parsed: ParsedArguments, io: CliIo): Promise<MeasurePlan> {
  const format = choice(parsed, 'format', ['text', 'json', 'jsonl'], 'text')
  const replay = one(parsed, 'replay')
  const ofServer = ['name', 'host', 'port', 'mqtt-port', 'dir', 'devices', 'known-by', 'hold'].find(
    (option) => parsed.values.get(option) !== undefined,
  )
  if (replay !== undefined && ofServer !== undefined) {
    throw usageError(
      'option-conflict',
      '--replay serves nothing',
      `leave out --${ofServer}, or --replay`,
      `--${ofServer}`,
    )
  }
  const names = namesOf(parsed)
  const port = parsed.values.has('port') ? portOf(parsed) : undefined
  const mqttPort = parsed.values.has('mqtt-port') ? portOf(parsed, 'mqtt-port') : undefined
  if (port !== undefined && port !== 0 && port === mqttPort)
    throw usageError('option-conflict', '--port and --mqtt-port are the same', 'leave one out', '--mqtt-port')
  const host = one(parsed, 'host')
  const folder = resolve(one(parsed, 'dir') ?? stateFolder(io, 'measure'))
  const out = one(parsed, 'out')
  return {
    device: await deviceOf(one(parsed, 'device')),
    names,
    hosts: host === undefined ? ['0.0.0.0', '::'] : [host],
    port,
    mqttPort,
    folder,
    out: out ?? (replay === undefined ? join(folder, 'device.yaml') : undefined),
    devices: numberOf(parsed, 'devices', 1, MOST_DEVICES) ?? 1,
    knownBy: knownByOf(parsed),
    holdMs: numberOf(parsed, 'hold', 50, MOST_HOLD_MS) ?? HOLD_MS,
    replay,
    reports: parseFilesOf(parsed.values.get('report'), measuredFormats, 'html:measured.html'),
    // Each event is a line in both.
    format: format === 'jsonl' ? 'json' : format,
    version: packageVersion(),
  }
}

async function deviceOf(asked: string | undefined): Promise<Device | undefined> {
  return asked === undefined ? undefined : resolveDevice(asked, openCatalogue(), await readProfiles(asked))
}

function knownByOf(parsed: ParsedArguments): KnownBy | undefined {
  if (!parsed.values.has('known-by')) return undefined
  return choice(parsed, 'known-by', ['address', 'hello'], 'address') === 'hello' ? 'hello' : 'address'
}

function numberOf(parsed: ParsedArguments, name: string, least: number, most: number): number | undefined {
  const text = one(parsed, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d{1,6}$/.test(text) && value >= least && value <= most) return value
  throw usageError(
    'value-invalid',
    `--${name} needs a number from ${least} to ${most}`,
    `write --${name} ${least}`,
    `--${name}`,
  )
}
