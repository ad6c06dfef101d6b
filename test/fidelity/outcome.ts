import { createServer, type Server, type TlsOptions } from 'node:tls'
import type { Catalogue } from '../../src/device/catalogue.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { check } from '../../src/io/check.ts'
import { checkRequest } from '../../src/io/check-defaults.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import type { Verdict } from '../../src/judge/verdict.ts'
import type { KnownRoot } from '../../src/trust/trust-store.ts'
import { decodeCertificate } from '../../src/x509/decode-certificate.ts'
import type { ClientResult } from '../clients/clients.ts'

/** What a stack did, or is said to do, in words that can be compared. */
export interface Outcome {
  readonly state: 'takes' | 'refuses' | 'undecided'
  /** As the library writes it, lower case; undefined where it takes it, or none is predicted. */
  readonly code: string | undefined
  /** Verify flags, lower-case hex without leading zeros; undefined where there are none. */
  readonly flags: string | undefined
  /** The client's own word, or a stage of the verdict; undefined where it takes it. */
  readonly stage: string | undefined
}

export function realOutcome({ ok, code, flags, stage }: ClientResult): Outcome {
  if (ok) return { state: 'takes', ...nothing }
  // Flags of a verification that never began, or that ended in an error of its own, say nothing.
  const met = stage === 'verify' ? normalFlags(flags ?? undefined) : undefined
  return { state: 'refuses', code: code.toLowerCase(), flags: met, stage }
}

export function predictedOutcome({ state, stage, findings }: Verdict): Outcome {
  if (state === 'undecided') return { state, ...nothing }
  if (state !== 'blocked') return { state: 'takes', ...nothing }
  const first = findings.find((one) => one.reached && one.effect === 'blocks' && one.stage === stage)
  const words = first?.deviceWords
  return {
    state: 'refuses',
    code: words?.code.toLowerCase(),
    flags: normalFlags(/flags (0x[0-9a-f]+|\d+)/i.exec(words?.detail ?? '')?.[1]),
    stage,
  }
}

const nothing = { code: undefined, flags: undefined, stage: undefined }

// biome-ignore format: a table
/** Stages of a verdict that the client's own word may stand for: it tells of fewer. */
const stagesOf: Readonly<Record<string, readonly string[]>> = {
  setup:     ['hello', 'chain', 'dates'],
  tcp:       ['tcp'],
  handshake: ['hello', 'chain', 'path', 'handshake'],
  verify:    ['chain', 'path', 'name', 'dates'],
  data:      ['handshake', 'records', 'http'],
}

export function agreeOnState(real: Outcome, predicted: Outcome): boolean {
  return real.state === predicted.state
}

export function agreeOnStage(real: Outcome, predicted: Outcome): boolean {
  if (!agreeOnState(real, predicted)) return false
  return real.stage === undefined || (stagesOf[real.stage] ?? []).includes(predicted.stage ?? '')
}

/** The library's number and, where the client tells them, its flags. */
export function agreeOnCode(real: Outcome, predicted: Outcome): boolean {
  const flagged = real.flags === undefined || real.flags === predicted.flags
  return agreeOnState(real, predicted) && real.code === predicted.code && flagged
}

/** All bits set stand for a verification that ended in an error of its own. */
function normalFlags(flags: string | undefined): string | undefined {
  const value = flags === undefined ? 0 : Number(flags)
  return value === 0 || value === 0xffffffff ? undefined : `0x${value.toString(16)}`
}

export interface PredictRequest {
  readonly port: number
  readonly host: string
  readonly device: string
  readonly anchors: readonly Uint8Array[]
  readonly now: Date
  /** Path of an https target; undefined: the handshake alone. */
  readonly path?: string | undefined
  readonly verify?: 'full' | 'none' | undefined
}

let catalogue: Catalogue | undefined
let knownRoots: readonly KnownRoot[] | undefined

/** What `tlsfit check` says of a server on loopback, through its front door. */
export async function predict({
  port,
  host,
  device,
  anchors,
  now,
  path,
  verify,
}: PredictRequest): Promise<Verdict> {
  catalogue ??= openCatalogue()
  knownRoots ??= openKnownRoots()
  const [verdict] = await check(
    checkRequest({
      target: path === undefined ? `tls://${host}:${port}` : `https://${host}:${port}${path}`,
      connect: { host: '127.0.0.1', port },
      devices: [device],
      catalogue,
      knownRoots: [...knownRoots],
      anchors: anchors.map((der) => ({ certificate: decodeCertificate(der), label: 'held' })),
      verify: verify ?? 'full',
      now,
      timeoutMs: 20_000,
    }),
  )
  return verdict!
}

/** Node's own server, which takes whatever a chain holds. */
export async function serve(options: TlsOptions): Promise<{ readonly port: number; close(): void }> {
  const server: Server = createServer({ ciphers: 'DEFAULT@SECLEVEL=0', ...options }, (socket) => {
    socket.on('error', () => {})
    socket.end('done')
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, close: () => server.close() }
}
