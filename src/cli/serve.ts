import { resolve } from 'node:path'
import { listDevices, resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { readProfiles } from '../io/open-device.ts'
import { connectionJson } from '../serve/connection-json.ts'
import { needsOldSuites, recordBytesFor } from '../serve/device-settings.ts'
import { type FileServer, type FileServerOptions, openFileServer } from '../serve/file-server.ts'
import { type Serving, servingJson, servingOf, writeCredential } from '../serve/serving.ts'
import type { ParsedArguments } from './arguments.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { Command } from './command.ts'
import { choice, one } from './option-values.ts'
import { ServePage } from './serve-page.ts'
import { cannotListen, interrupted, namesOf, portOf, stateFolder } from './service.ts'

/** `tlsfit serve PATH`: files over TLS for devices, until it is interrupted. */
export const serveCommand: Command = {
  args: {
    path: { type: 'positional', description: 'file or folder' },
    device: {
      type: 'string',
      valueHint: 'ID',
      description: 'who downloads: the CA in its format, records of its size',
    },
    name: {
      type: 'string',
      valueHint: 'HOST',
      description: 'a name under which devices connect; repeatable',
    },
    host: {
      type: 'string',
      valueHint: 'ADDRESS',
      description: 'listen there; all addresses are the default',
    },
    port: { type: 'string', valueHint: 'N', description: 'any free one is the default' },
    dir: {
      type: 'string',
      valueHint: 'FOLDER',
      description: 'where the CA is kept; $XDG_STATE_HOME/tlsfit/serve is the default',
    },
    rsa: { type: 'boolean', description: 'RSA-2048 in place of P-256' },
    'old-suites': {
      type: 'boolean',
      description: 'CBC and static RSA as well: a risk, for devices with nothing else',
    },
    'max-record': {
      type: 'string',
      valueHint: 'N',
      description: 'largest record in bytes, 512 to 16384; what the device takes, or 4096',
    },
    'minimal-heads': { type: 'boolean', description: 'shortest response heads: no Date, no validators' },
    http: { type: 'boolean', description: 'plain HTTP without TLS: anybody on the way can change the file' },
    qr: { type: 'boolean', description: 'the QR code of the URL also where the output is no terminal' },
    format: {
      type: 'string',
      valueHint: 'text|json',
      description: 'json: a line on start, then a line a connection',
    },
  },
  run: async ({ io, parsed }) => {
    const format = choice(parsed, 'format', ['text', 'json'], 'text')
    const path = parsed.positionals[0]
    if (path === undefined) {
      throw usageError(
        'path-missing',
        'nothing to serve',
        'write tlsfit serve FILE or tlsfit serve FOLDER',
        'PATH',
      )
    }
    const device = await deviceOf(one(parsed, 'device'))
    const plan = planOf(parsed, path, device, io)
    return format === 'json'
      ? serveJson(plan, device, io)
      : serveText(plan, device, io, parsed.flags.has('qr'))
  },
}

type Plan = Omit<FileServerOptions, 'onSecured' | 'onConnection' | 'onTagging'>

async function serveJson(plan: Plan, device: Device | undefined, io: CliIo): Promise<number> {
  const line = (value: unknown) => io.stdout.write(`${JSON.stringify(value)}\n`)
  const early: unknown[] = []
  let started = false
  const tell = (value: unknown) => (started ? line(value) : early.push(value))
  const server = await open({ ...plan, onConnection: (report) => tell(connectionJson(report)) })
  line(servingJson(servingOf(server, plan, device)))
  started = true
  early.forEach(line)
  return untilInterrupted(server)
}

async function serveText(plan: Plan, device: Device | undefined, io: CliIo, qr: boolean): Promise<number> {
  const page = new ServePage(io, qr)
  const server = await open({
    ...plan,
    onTagging: (file) => page.tagging(file),
    onSecured: (connection) => page.secured(connection),
    onConnection: (report) => page.connection(report),
  })
  const serving: Serving = servingOf(server, plan, device)
  const files = plan.tls === undefined ? [] : await writeCredential(serving, plan.tls.stateFolder)
  page.serving(serving, files)
  return untilInterrupted(server)
}

async function untilInterrupted(server: FileServer): Promise<number> {
  await interrupted()
  await server.close()
  return exitCodes.interrupted
}

async function open(options: FileServerOptions): Promise<FileServer> {
  try {
    return await openFileServer(options)
  } catch (error) {
    throw startError(error, options)
  }
}

function planOf(parsed: ParsedArguments, path: string, device: Device | undefined, io: CliIo): Plan {
  const host = one(parsed, 'host')
  const names = namesOf(parsed)
  const plain = parsed.flags.has('http')
  const ofTls = parsed.flags.has('rsa') || parsed.flags.has('old-suites')
  if (plain && (ofTls || one(parsed, 'max-record') !== undefined)) {
    throw usageError(
      'option-conflict',
      '--http has no TLS',
      'leave out --rsa, --old-suites and --max-record, or --http',
      '--http',
    )
  }
  const keyType = parsed.flags.has('rsa') ? 'rsa-2048' : 'p256'
  let devices: readonly Device[] | undefined
  return {
    path: resolve(path),
    hosts: host === undefined ? ['0.0.0.0', '::'] : [host],
    port: portOf(parsed),
    names,
    tls: plain
      ? undefined
      : {
          stateFolder: resolve(one(parsed, 'dir') ?? stateFolder(io, 'serve')),
          keyType,
          oldSuites: parsed.flags.has('old-suites') || needsOldSuites(device, keyType),
          maxRecordBytes: recordBytes(one(parsed, 'max-record')) ?? recordBytesFor(device),
        },
    headMode: parsed.flags.has('minimal-heads') ? 'minimal' : 'full',
    devices: () => {
      devices ??= listDevices(openCatalogue())
      return devices
    },
    now: io.now,
  }
}

async function deviceOf(asked: string | undefined): Promise<Device | undefined> {
  return asked === undefined ? undefined : resolveDevice(asked, openCatalogue(), await readProfiles(asked))
}

function recordBytes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const bytes = Number(text)
  if (/^\d{1,5}$/.test(text) && bytes >= 512 && bytes <= 16_384) return bytes
  throw usageError(
    'value-invalid',
    '--max-record needs 512 to 16384',
    'write --max-record 2048',
    '--max-record',
  )
}

function startError(error: unknown, { hosts, port }: FileServerOptions): unknown {
  const listening = cannotListen(error, hosts, port)
  if (listening !== error) return listening
  const { code, path: where, syscall } = error as { code?: unknown; path?: unknown; syscall?: unknown }
  if (typeof code !== 'string' || typeof where !== 'string') return error
  const ofState = !['realpath', 'stat', 'lstat', 'access'].includes(String(syscall))
  return ofState
    ? new CliError(exitCodes.unreadable, 'state-unusable', `the folder of the CA cannot be used (${code})`, {
        hint: 'name another one with --dir',
        at: where,
      })
    : new CliError(exitCodes.unreadable, 'path-unreadable', `there is nothing to serve (${code})`, {
        hint: 'PATH is a file or a folder that you may read',
        at: where,
      })
}
