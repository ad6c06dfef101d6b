import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formatCapsule, logOf, parseCapsule } from '../src/capsule/capsule-file.ts'
import { capsuleOfLog } from '../src/capsule/make-capsule.ts'
import { makeCapsule, openServiceHosts } from '../src/io/capsule.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { check } from '../src/io/check.ts'
import { checkRequest } from '../src/io/check-defaults.ts'
import { openDialects } from '../src/io/dialect-files.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import { rankCauses } from '../src/judge/causes.ts'
import type { Verdict } from '../src/judge/verdict.ts'
import { LogReader } from '../src/log/log-reader.ts'
import { matchHost } from '../src/trust/name-match.ts'
import { decodeCertificate } from '../src/x509/decode-certificate.ts'
import { storedChains } from './support/stored-chains.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-capsule-'))
afterAll(() => rmSync(folder, { recursive: true }))

const now = new Date('2026-06-01T00:00:00Z')
const catalogue = openCatalogue()
const dialects = openDialects()
const knownRoots = openKnownRoots()
const devices = ['nrf9160@1.3.7', 'esp-idf@5.1', 'openssl@3.0', 'esp8266-arduino@3.1.2', 'gnutls@3.7']

const files = storedChains()

function verdicts(target: string, sni: string | undefined): Promise<Verdict[]> {
  return check(
    checkRequest({
      target,
      devices,
      sni,
      now,
      timeoutMs: 1000,
      catalogue,
      knownRoots,
    }),
  )
}

/** What does not depend on names. */
function outline({ device, state, stage, findings }: Verdict) {
  const numbers = (details: object) =>
    Object.fromEntries(Object.entries(details).filter(([, value]) => /number|boolean/.test(typeof value)))
  return {
    device: device.id,
    state,
    stage,
    findings: findings.map((one) => [one.id, one.effect, one.reached, numbers(one.details)]),
  }
}

/** Of a file: the host its leaf names. */
function namesIn(path: string): { readonly names: string[]; readonly host: string | undefined } {
  if (!path.endsWith('.pem')) return { names: [], host: undefined }
  const base64 = /-----BEGIN CERTIFICATE-----([^-]*)-----END/.exec(readFileSync(path, 'latin1'))?.[1]
  try {
    const leaf = decodeCertificate(new Uint8Array(Buffer.from(base64 ?? '', 'base64')))
    if (leaf.isCa) return { names: [], host: undefined }
    const { names } = matchHost(leaf, 'x')
    return { names, host: names.find((name) => /^[a-z0-9.-]+\.[a-z]+$/i.test(name)) }
  } catch {
    return { names: [], host: undefined }
  }
}

let compared = 0

describe('a capsule of certificates', () => {
  test('there are files to make capsules of', () => {
    expect(files.length).toBeGreaterThan(40)
  })

  afterAll(() => expect(compared).toBeGreaterThan(30))

  test.each(files)('%s is judged as the file itself', async (path) => {
    const { names, host } = namesIn(path)
    let before: Verdict[]
    try {
      before = await verdicts(path, host)
    } catch (error) {
      // A file without certificates, or a session that hides them.
      expect(['PemError', 'InputError']).toContain((error as Error).name)
      return
    }
    compared++
    const capsule = formatCapsule(
      await makeCapsule({ input: path, device: undefined, sni: host, stdin: noStdin, catalogue, now }),
    )
    const file = join(folder, 'one.capsule')
    writeFileSync(file, capsule)
    expect((await verdicts(file, undefined)).map(outline)).toEqual(before.map(outline))
    // The addresses of a public CA stay, and they may be under the same domain: so the names are compared, not the bytes.
    const [leaf] = parseCapsuleChain(capsule)
    const shown = leaf === undefined ? [] : matchHost(leaf, 'x').names
    const own = names.filter((one) => !openServiceHosts().includes(one))
    expect(shown.filter((name) => own.includes(name))).toEqual([])
    for (const name of own) expect(capsule.includes(name), name).toBe(false)
  })
})

interface Case {
  readonly id: string
  readonly log: readonly string[]
}

const cases = readdirSync(join(root, 'test/cases'))
  .filter((file) => file.endsWith('.json'))
  .map((file): Case => JSON.parse(readFileSync(join(root, 'test/cases', file), 'utf8')))
  .filter(({ log }) => log.length > 0)

function facts(text: string) {
  const reader = new LogReader(dialects)
  reader.push(Buffer.from(text))
  return reader.finish()
}

describe('a capsule of a log', () => {
  test.each(cases)('$id has the causes of the log', ({ log }) => {
    const lines = log.join('\n').split('\n')
    const options = {
      key: Buffer.alloc(32, 7),
      device: undefined,
      knownRoots,
      serviceHosts: openServiceHosts(),
    }
    const before = facts(lines.join('\n'))
    const capsule = capsuleOfLog(lines, before, options)
    const read = parseCapsule(Buffer.from(formatCapsule(capsule)), 'capsule')
    if (read.kind !== 'log') throw new Error('no log')
    const after = logOf(read).split('\n').slice(0, -1)
    expect(after.map(({ length }) => length)).toEqual(lines.map(({ length }) => length))
    const shown = (ranking: ReturnType<typeof rankCauses>) => ({
      decided: ranking.decided,
      causes: ranking.causes.map(({ id }) => id),
    })
    expect(shown(rankCauses(facts(after.join('\n'))))).toEqual(shown(rankCauses(before)))
  })
})

function parseCapsuleChain(text: string) {
  const capsule = parseCapsule(Buffer.from(text), 'capsule')
  if (capsule.kind === 'log') return []
  return (capsule.observations[0]?.connections[0]?.chain?.certificates ?? []).map(decodeCertificate)
}

async function* noStdin(): AsyncGenerator<Uint8Array> {}
