import { stat } from 'node:fs/promises'
import { loopback } from '../io/listen.ts'
import type { Attempt, OpenCase } from '../lab/case.ts'
import { findCase, labCases } from '../lab/cases.ts'
import { joinPem } from '../lab/chains.ts'
import { processKeys } from '../lab/keys.ts'
import { shellWord } from '../report/escape.ts'
import { Page } from '../report/layout.ts'
import { exitCodes, usageError } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import type { Command } from './command.ts'
import { LabFiles } from './lab-files.ts'
import { cannotListen, interrupted, portOf } from './service.ts'
import { waitingFor } from './waiting-line.ts'

/** `tlsfit lab [CASE]`: lists the cases, or serves one until it is interrupted. */
export const labCommand: Command = {
  args: {
    case: {
      type: 'positional',
      description: 'id of a case, or a file of tlsfit capsule',
      words: labCases.map(({ id }) => id),
    },
    host: {
      type: 'string',
      valueHint: 'ADDRESS',
      description: 'listen there; 127.0.0.1 and ::1 are the default',
    },
    port: {
      type: 'string',
      valueHint: 'N',
      description: 'first port; each server takes the next; any free one is the default',
    },
    dir: {
      type: 'string',
      valueHint: 'FOLDER',
      description: 'where roots, keys and commands of the steps lie; a new folder under /tmp is the default',
    },
    format: { type: 'string', valueHint: 'text|json', description: 'json: one line on start' },
  },
  run: async ({ io, parsed }) => {
    const value = (name: string) => parsed.values.get(name)?.[0]
    const format = value('format') ?? 'text'
    if (format !== 'text' && format !== 'json') {
      throw usageError(
        'value-unknown',
        `lab has no format ${format}`,
        'write --format text or json',
        '--format',
      )
    }
    const [id] = parsed.positionals
    if (id === undefined) return listCases(format, io)
    const options = { format, host: value('host'), port: portOf(parsed), folder: value('dir') } as const
    if (findCase(id) === undefined && (await isFile(id))) {
      const { serveCapsule } = await import('./lab-capsule.ts')
      return serveCapsule(id, options, io)
    }
    return serveCase(id, options, io)
  },
}

/** No case has the name of a file that is there. */
async function isFile(path: string): Promise<boolean> {
  return (
    path === '-' ||
    (await stat(path).then(
      () => true,
      () => /[./\\]/.test(path),
    ))
  )
}

function listCases(format: 'text' | 'json', io: CliIo): number {
  if (format === 'json') {
    const cases = labCases.map(({ id, title, problem }) => ({ id, title, problem }))
    io.stdout.write(`${JSON.stringify({ schema: 'tlsfit/cases@1', cases })}\n`)
    return exitCodes.done
  }
  const page = new Page(pageOptions(io))
  const width = Math.max(...labCases.map(({ id }) => id.length)) + 2
  for (const { id, title } of labCases) page.paragraph(id.padEnd(width), title, { label: 'strong' })
  page.blank()
  page.command(`tlsfit lab ${labCases[0]?.id}`, 0)
  io.stdout.write(page.toString())
  return exitCodes.done
}

export interface LabOptions {
  readonly format: 'text' | 'json'
  readonly host: string | undefined
  readonly port: number
  /** Where the files of the steps go; undefined: a new folder. */
  readonly folder: string | undefined
}

async function serveCase(id: string, { format, host, port, folder }: LabOptions, io: CliIo): Promise<number> {
  const found = findCase(id)
  if (found === undefined) {
    throw usageError(
      'case-unknown',
      'there is no such case',
      `cases: ${labCases.map((one) => one.id).join(', ')}; or give a file of tlsfit capsule`,
      'CASE',
    )
  }
  const hosts = host === undefined ? loopback.hosts : [host]
  let open: OpenCase
  try {
    const opening = found.open({ hosts, port, keys: processKeys, now: io.now() })
    open = await waitingFor('making keys and certificates …', opening, io)
  } catch (error) {
    throw cannotListen(error, hosts, port)
  }
  const files = await LabFiles.open(folder)
  try {
    const lines = await writeSteps(open, files)
    if (format === 'json') {
      const urls = [...new Set(open.steps.map(({ attempt }) => urlOf(attempt)))]
      const roots = joinPem([...new Set(open.steps.flatMap(({ attempt }) => attempt.anchors))])
      const serving = {
        schema: 'tlsfit/serving@1',
        urls,
        caPem: roots,
        caDevice: null,
        steps: open.steps.map(({ role, title, attempt }, index) => ({
          role,
          title,
          target: attempt.target,
          connect: attempt.connect ?? null,
          device: attempt.device,
          command: lines[index],
        })),
      }
      io.stdout.write(`${JSON.stringify(serving)}\n`)
    } else {
      const page = new Page(pageOptions(io))
      page.paragraph('', `${found.id}: ${found.title}`, { text: 'strong' })
      for (const [index, { role, title, attempt }] of open.steps.entries()) {
        page.blank()
        page.paragraph(`${role.padEnd(13)}`, title, { label: 'dim' })
        page.paragraph('  at         ', urlOf(attempt), { label: 'dim' })
        page.command(lines[index] ?? '', 2)
      }
      page.blank()
      page.paragraph('', 'Serving. Ctrl-C ends it and removes the files.', { text: 'dim' })
      io.stdout.write(page.toString())
    }
    await interrupted()
    return exitCodes.interrupted
  } finally {
    await open.close()
    await files.remove()
  }
}

/** Writes what each step holds, and gives the command that plays it. */
async function writeSteps(open: OpenCase, files: LabFiles): Promise<string[]> {
  const commands: string[] = []
  for (const [index, { attempt }] of open.steps.entries()) {
    const name = `step-${index + 1}`
    const words = ['tlsfit', 'check', attempt.target, '--device', attempt.device]
    words.push('--anchor', await files.write(`${name}-held.pem`, joinPem(attempt.anchors)))
    if (attempt.connect !== undefined) words.push('--connect', hostPort(attempt.connect))
    if (attempt.sni !== undefined) words.push('--sni', attempt.sni)
    if (attempt.verify !== 'full') words.push('--verify', attempt.verify)
    if (attempt.clientCredential !== undefined) {
      words.push(
        '--client-cert',
        await files.write(`${name}-client.pem`, attempt.clientCredential.certificatePem),
      )
      words.push('--client-key', await files.write(`${name}-client.key`, attempt.clientCredential.keyPem))
    }
    for (const [header, value] of attempt.headers) words.push('--header', `${header}: ${value}`)
    const command = words.map(shellWord).join(' ')
    await files.write(`${name}.sh`, `${command}\n`)
    commands.push(command)
  }
  return commands
}

function urlOf({ target, connect }: Attempt): string {
  if (connect === undefined) return target.replace(/\?.*$/, '')
  const { protocol, pathname } = new URL(target)
  // Every certificate of the lab names localhost as well.
  const local = connect.host === '127.0.0.1' || connect.host === '::1'
  const where = local ? `localhost:${connect.port}` : hostPort(connect)
  return `${protocol}//${where}${pathname === '/' ? '' : pathname}`
}

export function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
