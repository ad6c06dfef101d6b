import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsSession } from '../../src/capture/session.ts'
import { listDevices } from '../../src/device/catalogue.ts'
import { openSource } from '../../src/io/byte-source.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { readSessions } from '../../src/io/read-sessions.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { largestOrdinary, trustOf } from '../../src/io/trust-of.ts'
import { judge } from '../../src/judge/judge.ts'
import type { Verdict } from '../../src/judge/verdict.ts'
import { observeFor } from '../../src/observe/from-capture.ts'
import { observePem } from '../../src/observe/from-pem.ts'
import type { Observation } from '../../src/observe/observation.ts'
import { DecodedOnce } from '../../src/x509/decoded-once.ts'
import { groupBy } from '../support/group-by.ts'
import { realRoot } from '../support/real-certificates.ts'
import type { Shown } from './verdict-table.ts'

const catalogue = openCatalogue()
const knownRoots = openKnownRoots()
const ordinary = largestOrdinary(catalogue)
const readAs = new DecodedOnce()
const captures = join(import.meta.dirname, '../captures')
const chains = join(import.meta.dirname, '../fixtures/chains')

export const devices = listDevices(catalogue)

/** A real chain as a file: for which host, with which roots of `roots/` held in turn, on which day. */
interface StoredChain {
  readonly name: string
  readonly host: string | undefined
  /** Beside the profile's own bundle, which is always asked for. */
  readonly held: readonly string[]
  readonly day: string
}

const storedChains: readonly StoredChain[] = [
  { name: 'chain-aliyun-5438', host: 'beacon-api.aliyuncs.com', held: [], day: '2021-03-01' },
  {
    ...{ name: 'chain-aws-s3-eu-west-1', host: 'bucket.s3-eu-west-1.amazonaws.com', day: '2022-01-01' },
    held: ['amazon-root-ca-1', 'starfield-services-root-g2', 'baltimore-cybertrust-root'],
  },
  {
    ...{ name: 'chain-azure-metadata-g2', host: 'metadata.azure.com', day: '2026-06-01' },
    held: ['digicert-global-root-g2', 'microsoft-tls-rsa-root-g2'],
  },
  { name: 'chain-badssl-expired', host: 'expired.badssl.com', held: [], day: '2026-06-01' },
  { name: 'chain-badssl-self-signed', host: 'self-signed.badssl.com', held: [], day: '2026-06-01' },
  {
    ...{ name: 'chain-dc-services-visualstudio-2020', host: 'dc.services.visualstudio.com' },
    ...{ held: ['baltimore-cybertrust-root'], day: '2020-06-01' },
  },
  {
    ...{ name: 'chain-edge-microsoft-com-g2', host: 'edge.microsoft.com', day: '2026-06-01' },
    held: ['digicert-global-root-g2', 'microsoft-tls-rsa-root-g2'],
  },
  {
    ...{ name: 'chain-login-microsoftonline-2020', host: 'login.microsoftonline.com', day: '2020-06-01' },
    held: ['baltimore-cybertrust-root', 'digicert-global-root-ca'],
  },
  {
    ...{ name: 'chain-microsoft-com-2026', host: 'microsoft.com', day: '2026-08-01' },
    held: ['digicert-global-root-g2', 'microsoft-tls-rsa-root-g2'],
  },
  { name: 'chain-missing-intermediate', host: undefined, held: [], day: '2016-01-01' },
]

/** Every stored chain, once with what each device's profile holds and once with each root named. */
export function judgedChains(): Shown[] {
  return storedChains.flatMap(({ name, host, held, day }) => {
    const pem = readFileSync(join(chains, `${name}.pem`))
    const observation = observePem(pem, `${name}.pem`, host)
    return [undefined, ...held].map((root) => ({
      title: `${name}, ${root === undefined ? 'anchors of the profile' : `${root} held`}`,
      about: `${sizes(observation)}; ${host ?? 'no host name'}; ${day}`,
      verdicts: devices.map((device) => judgedBy(device, observation, new Date(day), root)),
    }))
  })
}

/** The files of `test/fixtures/chains` that are chains. */
export function chainFiles(): string[] {
  return readdirSync(chains).filter((file) => file.startsWith('chain-'))
}

export const chainNames = storedChains.map(({ name }) => `${name}.pem`)

export function captureFiles(): string[] {
  return readdirSync(captures).filter((file) => /\.pcap(ng)?(\.gz)?$/.test(file))
}

/** Captures whose own time lies before the certificates that are in them: made anonymous by whoever published them. */
const madeUpTimes: { readonly [file: string]: string } = { 'azure-g2-chain-edge.pcap': '2026-06-01' }

/** Every chain seen in a capture, at the time of the capture; sessions that show the same chain for the same name are one. */
export async function judgedCaptures(): Promise<Shown[]> {
  const shown: Shown[] = []
  for (const file of captureFiles()) {
    const source = await openSource(join(captures, file), noStdin, 'a capture')
    const { sessions } = await readSessions(source)
    const same = groupBy(
      sessions.map((session, at) => ({ session, at })),
      ({ session }) => looksOf(session),
    )
    for (const [looks, alike] of same) {
      const first = alike[0]!.session
      const now = timeOf(file, first)
      const verdicts = devices.flatMap((device) => {
        const observation = observeFor(first, file, device)
        return observation ? [judgedBy(device, observation, now, undefined)] : []
      })
      const numbers = alike.map(({ at }) => at + 1).join(', ')
      const title = sessions.length === 1 ? file : `${file}, session ${numbers}`
      if (verdicts.length > 0) {
        shown.push({
          title,
          about: `${sizes(verdicts[0]!.observation)}; ${verdicts[0]!.observation.target.host ?? 'no host name'}; ${now.toISOString().slice(0, 16)}Z`,
          verdicts,
        })
      } else if (looks !== '') throw new Error(`${title}: certificates, and no verdict`)
    }
  }
  return shown
}

/** To the second: a certificate may have been made minutes before. */
function timeOf(file: string, { startedAt }: TlsSession): Date {
  const madeUp = madeUpTimes[file]
  return madeUp === undefined ? (startedAt ?? new Date('2026-06-01')) : new Date(madeUp)
}

function looksOf(session: TlsSession): string {
  const observation = observeFor(session, '', devices[0]!)
  const [connection] = observation?.connections ?? []
  if (connection?.chain === undefined) return ''
  return [
    connection.host,
    ...connection.chain.certificates.map((der) => Buffer.from(der).toString('base64')),
  ].join()
}

function judgedBy(
  device: (typeof devices)[number],
  observation: Observation,
  now: Date,
  root: string | undefined,
): Verdict {
  const anchors = root === undefined ? undefined : [{ certificate: realRoot(root), label: root }]
  const trust = trustOf(device, { anchors, knownRoots })
  return judge({ observation, device, trust, verify: 'full', now, ordinary, readAs })
}

function sizes({ connections }: Observation): string {
  const sent = connections[0]?.chain?.certificates ?? []
  const total = sent.reduce((sum, der) => sum + der.length, 0)
  return `${sent.map((der) => der.length).join(' + ')} = ${total} B`
}

async function* noStdin(): AsyncGenerator<Uint8Array> {}
