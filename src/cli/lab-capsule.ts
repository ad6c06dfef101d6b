import { looksLikeCapsule, type ObservationsCapsule } from '../capsule/capsule-file.ts'
import { resolveDevice } from '../device/catalogue.ts'
import { openSource } from '../io/byte-source.ts'
import { readCapsule } from '../io/capsule.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { loopback } from '../io/listen.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { armour } from '../issue/der.ts'
import { type OpenCapsule, openCapsule, type Replay, type Served } from '../lab/capsule-case.ts'
import type { LabRoot } from '../lab/rekey-chain.ts'
import { shellWord } from '../report/escape.ts'
import { Page } from '../report/layout.ts'
import { CliError, exitCodes } from './cli-error.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import { hostPort, type LabOptions } from './lab.ts'
import { LabFiles } from './lab-files.ts'
import { cannotListen, interrupted } from './service.ts'

/** `tlsfit lab FILE.capsule`: what the capsule holds, as servers, until it is interrupted. */
export async function serveCapsule(
  file: string,
  { format, host, port, folder }: LabOptions,
  io: CliIo,
): Promise<number> {
  const capsule = await openFile(file, io)
  const heldIds = heldBy(capsule.device)
  const hosts = host === undefined ? loopback.hosts : [host]
  let open: OpenCapsule
  try {
    open = await openCapsule(capsule, { hosts, port, knownRoots: openKnownRoots() })
  } catch (error) {
    throw cannotListen(error, hosts, port)
  }
  const files = await LabFiles.open(folder)
  try {
    if (open.replays.every(({ served }) => served === undefined)) throw nothingServed(file, open.replays)
    const shown: Shown[] = []
    for (const [index, replay] of open.replays.entries()) {
      shown.push(await showReplay(replay, index, files, capsule.device, heldIds))
    }
    io.stdout.write(format === 'json' ? asJson(shown, capsule) : asText(shown, file, io))
    await interrupted()
    return exitCodes.interrupted
  } finally {
    await open.close()
    await files.remove()
  }
}

async function openFile(file: string, io: CliIo): Promise<ObservationsCapsule> {
  const source = await openSource(file, io.stdinChunks, 'the id of a case, or a file of tlsfit capsule')
  const { name } = source
  if (!looksLikeCapsule(source.head)) {
    throw new CliError(exitCodes.unreadable, 'not-a-capsule', `${name} is no capsule`, {
      hint: `write tlsfit capsule ${shellWord(name)} --out bug.capsule first, then tlsfit lab bug.capsule`,
      at: name,
    })
  }
  const capsule = await readCapsule(source)
  if (capsule.kind === 'observations') return capsule
  throw new CliError(
    exitCodes.unreadable,
    'nothing-to-serve',
    `${name} is a capsule of a log: it holds no server`,
    {
      hint: `tlsfit explain ${shellWord(name)} says what the log shows; for the lab make a capsule of the endpoint, its chain or a capture`,
      at: name,
    },
  )
}

function nothingServed(file: string, replays: readonly Replay[]): CliError {
  const why = [...new Set(replays.flatMap(({ notReplayed }) => notReplayed))].join('; ')
  return new CliError(
    exitCodes.unreadable,
    'nothing-to-serve',
    `nothing in ${file} can be replayed: ${why}`,
    {
      hint: `tlsfit explain ${shellWord(file)} says what it shows`,
      at: file,
    },
  )
}

/** Ids of the roots that the device comes with; undefined where that is not known. */
function heldBy(device: string | undefined): readonly string[] | undefined {
  if (device === undefined) return undefined
  return resolveDevice(device, openCatalogue()).anchorsHeld?.value
}

interface Shown {
  readonly replay: Replay
  readonly command: string | undefined
  readonly roots: string
  readonly supposed: readonly string[]
}

async function showReplay(
  replay: Replay,
  index: number,
  files: LabFiles,
  device: string | undefined,
  heldIds: readonly string[] | undefined,
): Promise<Shown> {
  const { served, supposed } = replay
  if (served === undefined) return { replay, command: undefined, roots: '', supposed }
  const roots = rootsToHold(served.roots, heldIds)
  const pem = roots.map(({ der }) => armour('CERTIFICATE', der)).join('')
  const rootsFile =
    roots.length > 0 ? await files.write(`observation-${index + 1}-roots.pem`, pem) : undefined
  const none = served.roots.length > 0 && roots.length === 0
  return {
    replay,
    command: commandOf(served, rootsFile, device),
    roots: pem,
    supposed: none
      ? [...supposed, `${device} comes with none of the roots of this chain: no --anchor`]
      : supposed,
  }
}

/** Of a device that comes with roots those among them; else all, as whoever runs it may have put any of them there. */
export function rootsToHold(roots: readonly LabRoot[], heldIds: readonly string[] | undefined): LabRoot[] {
  return roots.filter(
    ({ known }) => heldIds === undefined || (known !== undefined && heldIds.includes(known.id)),
  )
}

function commandOf(
  { target, connect, sni, verify }: Served,
  anchor: string | undefined,
  device: string | undefined,
) {
  const words = ['tlsfit', 'check', target]
  if (device !== undefined) words.push('--device', device)
  if (anchor !== undefined) words.push('--anchor', anchor)
  words.push('--connect', hostPort(connect))
  if (sni !== undefined) words.push('--sni', sni)
  if (verify !== 'full') words.push('--verify', verify)
  return words.map(shellWord).join(' ')
}

function asText(shown: readonly Shown[], file: string, io: CliIo): string {
  const page = new Page(pageOptions(io))
  page.paragraph('', `${file}: a capsule, replayed with keys of the lab`, { text: 'strong' })
  for (const [index, { replay, command, supposed }] of shown.entries()) {
    const { served, notReplayed } = replay
    page.blank()
    page.paragraph(`${index + 1}  `, served === undefined ? 'not served' : titleOf(served), { label: 'dim' })
    for (const one of supposed) page.paragraph('   supposed: ', one, { label: 'dim' })
    for (const one of notReplayed) page.paragraph('   not replayed: ', one, { label: 'dim' })
    if (command !== undefined) page.command(command, 2)
  }
  page.blank()
  page.paragraph('', 'Serving. Ctrl-C ends it and removes the files.', { text: 'dim' })
  return page.toString()
}

function titleOf({ target, connect, sent }: Served): string {
  const sizes = sent.map(({ length }) => length)
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0)
  const chain =
    sizes.length === 0 ? 'refuses the hello' : `sends ${sizes.join(' + ')} = ${total} B of certificates`
  return `${target} at ${hostPort(connect)} ${chain}`
}

function asJson(shown: readonly Shown[], { device }: ObservationsCapsule): string {
  const serving = {
    schema: 'tlsfit/serving@1',
    urls: shown.flatMap(({ replay }) => replay.served?.target ?? []),
    caPem: [...new Set(shown.map(({ roots }) => roots))].join(''),
    caDevice: null,
    steps: shown.map(({ replay, command, supposed }, index) => ({
      role: 'replay',
      title: `observation ${index + 1}`,
      target: replay.served?.target ?? null,
      connect: replay.served?.connect ?? null,
      device: device ?? null,
      command: command ?? null,
      supposed,
      notReplayed: replay.notReplayed,
    })),
  }
  return `${JSON.stringify(serving)}\n`
}
