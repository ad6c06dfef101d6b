import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formatCapsule, type ObservationsCapsule } from '../src/capsule/capsule-file.ts'
import { makeCapsule } from '../src/io/capsule.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { check } from '../src/io/check.ts'
import { checkRequest } from '../src/io/check-defaults.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import { armour } from '../src/issue/der.ts'
import type { Verdict } from '../src/judge/verdict.ts'
import { openCapsule, type Served } from '../src/lab/capsule-case.ts'
import type { LabRoot } from '../src/lab/rekey-chain.ts'
import type { Observation } from '../src/observe/observation.ts'
import { matchHost } from '../src/trust/name-match.ts'
import type { HeldAnchor } from '../src/trust/trust-store.ts'
import { decodeCertificate } from '../src/x509/decode-certificate.ts'
import { storedChains } from './support/stored-chains.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-lab-capsule-'))
afterAll(() => rmSync(folder, { recursive: true }))

const now = new Date('2026-06-01T00:00:00Z')
const catalogue = openCatalogue()
const knownRoots = openKnownRoots()
const devices = ['nrf9160@1.3.7', 'esp-idf@5.2']

const files = storedChains()

/** Sessions of one capture that are looked at: some hold dozens of the same service. */
const MAX_SESSIONS = 5
/** What only a live server shows: how the handshake goes on, and what a hello leaves to be supposed. */
const liveOnly = new Set([
  'hello-assumed',
  'fragment-length-honoured',
  'client-certificate-required',
  'range-unsupported',
  'content-coded',
])

/** Where no host was asked for the capsule leaves the name open, and the live one is not checked or is the leaf's. */
function ofBoth({ id, effect }: Verdict['findings'][number]): boolean {
  return !liveOnly.has(id) && id !== 'name-untested' && !(id === 'name-mismatch' && effect === 'info')
}

let compared = 0
let connected = 0

describe('the lab replays a capsule', () => {
  afterAll(() => {
    expect(compared).toBeGreaterThan(35)
    expect(connected).toBeGreaterThan(35)
  })

  test.each(files)('%s: same sizes, same state, same findings', { timeout: 120_000 }, async (path) => {
    const capsule = await capsuleOf(path)
    if (capsule === undefined) return
    const open = await openCapsule(capsule, { hosts: ['127.0.0.1'], port: 0, knownRoots })
    try {
      for (const [index, observation] of capsule.observations.entries()) {
        const { served, notReplayed } = open.replays[index] as (typeof open.replays)[number]
        const chain = observation.connections[0]?.chain
        if (served === undefined) {
          expect(notReplayed.length).toBeGreaterThan(0)
          continue
        }
        if (chain === undefined) continue
        expect(served.sent.map(sizeOf)).toEqual(chain.certificates.map(sizeOf))
        await compare(observation, capsule, served)
        await connect(served, observation)
      }
    } finally {
      await open.close()
    }
  })
})

async function compare(
  observation: Observation,
  capsule: ObservationsCapsule,
  served: Served,
): Promise<void> {
  const version = observation.connections[0]?.negotiated?.version ?? 0x0303
  // Of a capture the chain alone is judged: that the device and an old server have no version in common is new.
  if (version < 0x0303) return
  // Which key usage is needed is known when a key exchange was chosen, and a CA's certificate serves none.
  if (observation.connections[0]?.negotiated === undefined && servesNothing(served)) return
  const file = join(folder, 'one.capsule')
  writeFileSync(file, formatCapsule({ ...capsule, observations: [observation] }))
  const known = served.roots.filter((one) => one.known !== undefined)
  const real = known.map(({ known: root }) => ({ certificate: root!.certificate, label: root!.id }))
  const before = await look(file, served, real)
  const after = await look(served.target, { ...served, live: true }, known.map(held))
  expect(after.map(({ state }) => state)).toEqual(before.map(({ state }) => state))
  for (const [index, one] of before.entries()) {
    const shown = (after[index] as Verdict).findings.filter(ofBoth)
    expect(shown.map(outline)).toEqual(one.findings.filter(ofBoth).map(outline))
  }
  compared++
}

function servesNothing({ sent: [first] }: Served): boolean {
  const usage = first && decodeCertificate(first).keyUsage
  return usage !== undefined && !serverUsages.some((one) => usage.includes(one))
}

const serverUsages = ['digitalSignature', 'keyEncipherment', 'keyAgreement']

const outline = ({ id, effect, reached }: Verdict['findings'][number]) => `${id} ${effect} ${reached}`

function look(
  target: string,
  { verify, connect: at, sni, live }: Served & { readonly live?: boolean },
  anchors: readonly HeldAnchor[],
): Promise<Verdict[]> {
  const where = live === true ? { connect: at, sni } : {}
  const held = anchors.length > 0 ? anchors : undefined
  return check(
    checkRequest({
      ...where,
      verify,
      target,
      devices,
      anchors: held,
      now,
      timeoutMs: 5000,
      catalogue,
      knownRoots,
    }),
  )
}

/** OpenSSL's own client gets those bytes, and its path leads to the lab's root. */
async function connect(
  { connect: { host, port }, roots, sent }: Served,
  observation: Observation,
): Promise<void> {
  const file = join(folder, 'roots.pem')
  writeFileSync(file, roots.map(({ der }) => armour('CERTIFICATE', der)).join(''))
  const trust = roots.length > 0 ? ['-CAfile', file] : []
  const options = [
    '-no_check_time',
    // A file can hold a CA's certificate alone, whose key usage is not a server's.
    '-purpose',
    'any',
    '-auth_level',
    '0',
    '-cipher',
    'ALL:@SECLEVEL=0',
    '-min_protocol',
    'TLSv1',
  ]
  const words = ['s_client', '-connect', `${host}:${port}`, '-showcerts', ...trust, ...options]
  const child = spawn('openssl', words, { stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.resume()
  child.stdin.end('Q\n')
  await new Promise((done) => child.once('close', done))
  const got = [...out.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END/g)].map(([, text]) =>
    Buffer.from(text as string, 'base64').toString('hex'),
  )
  // The first is printed once more at the end.
  expect(got.slice(0, sent.length)).toEqual(sent.map((der) => Buffer.from(der).toString('hex')))
  if (roots.length > 0) expect(out, observation.target.text).toMatch(/Verify return code: 0 /)
  connected++
}

const sizeOf = ({ length }: Uint8Array) => length

async function capsuleOf(path: string): Promise<ObservationsCapsule | undefined> {
  try {
    const asked = { input: path, device: undefined, sni: hostOf(path), stdin: noStdin, catalogue, now }
    const made = await makeCapsule(asked)
    return made.kind === 'log'
      ? undefined
      : { ...made, observations: made.observations.slice(0, MAX_SESSIONS) }
  } catch (error) {
    // A file without certificates or sessions.
    expect(['PemError', 'InputError']).toContain((error as Error).name)
    return undefined
  }
}

function held({ der, name }: LabRoot): HeldAnchor {
  return { certificate: decodeCertificate(der), label: name }
}

function hostOf(path: string): string | undefined {
  if (!path.endsWith('.pem')) return undefined
  const base64 = /-----BEGIN CERTIFICATE-----([^-]*)-----END/.exec(readFileSync(path, 'latin1'))?.[1]
  try {
    const leaf = decodeCertificate(new Uint8Array(Buffer.from(base64 ?? '', 'base64')))
    if (leaf.isCa) return undefined
    return matchHost(leaf, 'x').names.find((name) => /^[a-z0-9.-]+\.[a-z]+$/i.test(name))
  } catch {
    return undefined
  }
}

async function* noStdin(): AsyncGenerator<Uint8Array> {}
