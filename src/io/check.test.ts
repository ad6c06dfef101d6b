import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Identity, identity } from '../../test/support/dial.ts'
import { makeCatalogue } from '../device/make-catalogue.ts'
import { check } from './check.ts'
import { checkRequest } from './check-defaults.ts'
import type { CheckRequest, Progress } from './check-request.ts'
import { InputError } from './input-error.ts'
import { RunNetwork } from './network.ts'
import { openKnownRoots } from './root-files.ts'

let folder: string
let own: Identity
let server: Server
let port: number
const requests: string[] = []
let connections = 0

beforeAll(async () => {
  own = await identity()
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-check-'))
  profile('one', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256')
  profile('same', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256')
  profile('other', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384')
  profile('short', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 2048)
  profile('shorter', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 1100)
  profile('large', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 16_384)
  writeFileSync(join(folder, 'chain.pem'), own.cert)
  server = createServer({ ...own, maxVersion: 'TLSv1.2' }, (request, response) => {
    requests.push(request.headers.authorization ?? '')
    response.end('x'.repeat(5000))
  })
  server.on('connection', () => connections++)
  port = await new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  )
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

function profile(family: string, suite: string, recordBytes?: number): void {
  writeFileSync(
    join(folder, `${family}.yaml`),
    `family: ${family}
name: A device
defaultVersion: '1.0'
sources:
  here: { confidence: measured, where: 'this test' }
common:
  hello:
    origin: recorded
    versions: { value: [TLSv1.2], source: here }
    cipherSuites: { value: [${suite}], source: here }
${recordBytes === undefined ? '' : `  limits: { recordBytes: { value: ${recordBytes}, counts: record, source: here } }`}
ranges:
  any:
`,
  )
}

function request(given: Partial<CheckRequest>): CheckRequest {
  return checkRequest({
    target: `https://localhost:${port}/f`,
    devices: [join(folder, 'one.yaml')],
    anchors: [{ certificate: own.root, label: 'root' }],
    now: new Date(),
    timeoutMs: 3000,
    catalogue: makeCatalogue(new Map(), new Map(), "asOf: '2026-01-01'\nranges: {}\nkinds: {}\n"),
    knownRoots: [],
    ...given,
  })
}

/** A port on which nobody listens any more. */
async function freePort(): Promise<number> {
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const { port: free } = gone.address() as { port: number }
  await new Promise((resolve) => gone.close(resolve))
  return free
}

const at = (name: string) => join(folder, name)

describe('check', () => {
  test('devices with one hello share one dial, another hello has its own', async () => {
    const before = requests.length
    const verdicts = await check(request({ devices: [at('one.yaml'), at('same.yaml'), at('other.yaml')] }))
    expect(requests.length - before).toBe(2)
    expect(verdicts.map(({ device }) => device.asked)).toEqual([
      at('one.yaml'),
      at('same.yaml'),
      at('other.yaml'),
    ])
    expect(verdicts[0]?.observation).toBe(verdicts[1]?.observation)
    const suites = verdicts.map(({ observation }) => observation.connections[0]?.negotiated?.cipherSuite)
    expect(suites).toEqual([0xc02b, 0xc02b, 0xc02c])
  })

  test('the lengths of max_fragment_length are asked for where one would help a device, and each once', async () => {
    const asked = async (...families: string[]) => {
      const before = connections
      const verdicts = await check(request({ devices: families.map((family) => at(`${family}.yaml`)) }))
      const seen = verdicts.map(({ observation }) => observation.fragmentLengths?.map((one) => one.asked))
      return { seen, connections: connections - before }
    }
    expect(await asked('one', 'large')).toEqual({ seen: [undefined, undefined], connections: 1 })
    // The records of 5,000 bytes are too much for `short`; its hello is that of `one`.
    expect(await asked('one', 'short')).toEqual({ seen: [[2048], [2048]], connections: 2 })
    const both = [1024, 2048]
    expect(await asked('short', 'shorter', 'short')).toEqual({ seen: [both, both, both], connections: 4 })
  })

  test('an address that TCP does not reach is tried once, whatever the hellos', async () => {
    const network = new RunNetwork({ polite: false }).forTarget()
    const tried: string[] = []
    const verdicts = await check(
      request({
        target: `tls://127.0.0.1:${await freePort()}`,
        devices: [at('one.yaml'), at('other.yaml')],
        network: {
          resolve: network.resolve,
          open: (host, address, ...more) => {
            tried.push(address)
            return network.open(host, address, ...more)
          },
        },
      }),
    )
    expect(tried.filter((address) => address === '127.0.0.1')).toHaveLength(1)
    expect(verdicts.map(({ state }) => state)).toEqual(['undecided', 'undecided'])
    expect(verdicts[0]?.observation.tcp).toEqual(verdicts[1]?.observation.tcp)
  })

  test('progress is told, and names no secret', async () => {
    const steps: Progress[] = []
    await check(
      request({
        target: `https://localhost:${port}/f?sv=1&sig=Secret`,
        onProgress: (step) => steps.push(step),
      }),
    )
    expect(new Set(steps.map(({ act }) => act))).toEqual(
      new Set(['look-up', 'connect', 'handshake', 'download', 'judge']),
    )
    expect(JSON.stringify(steps)).not.toContain('Secret')
  })

  test('user name and password become an Authorization header, for a verified server only', async () => {
    const before = requests.length
    await check(request({ target: `https://u:p@localhost:${port}/f` }))
    expect(requests.slice(before)).toEqual([`Basic ${Buffer.from('u:p').toString('base64')}`])
    const [verdict] = await check(request({ target: `https://u:p@localhost:${port}/f`, anchors: undefined }))
    expect(requests).toHaveLength(before + 1)
    expect(verdict?.observation.withheld?.what).toEqual(['header'])
  })

  test('--connect goes elsewhere and keeps the name', async () => {
    const target = 'https://localhost:1/f'
    const [verdict] = await check(request({ target, connect: { host: '127.0.0.1', port } }))
    expect(verdict?.observation.connections[0]).toMatchObject({
      port,
      host: 'localhost',
      hello: { sni: 'localhost' },
    })
  })

  test('--sni sends another name or none', async () => {
    const [named] = await check(request({ sni: 'Other.example' }))
    expect(named?.observation.connections[0]?.hello?.sni).toBe('other.example')
    const [none] = await check(request({ sni: 'none' }))
    expect(none?.observation.connections[0]?.hello?.sni).toBeUndefined()
  })

  test('a PEM file is judged for every device without a dial', async () => {
    const before = requests.length
    const verdicts = await check(
      request({ target: at('chain.pem'), devices: [at('one.yaml'), at('other.yaml')], sni: 'localhost' }),
    )
    expect(requests).toHaveLength(before)
    expect(verdicts).toHaveLength(2)
    expect(verdicts[0]?.observation).toMatchObject({
      source: 'pem',
      target: { protocol: 'file', host: 'localhost' },
    })
  })

  test('files that cannot be used are an InputError', async () => {
    writeFileSync(at('x.pcap'), Buffer.from('d4c3b2a1', 'hex'))
    for (const [target, code] of [
      [at('missing.pem'), 'file-unreadable'],
      [folder, 'file-unreadable'],
      [at('x.pcap'), 'capture-truncated'],
      ['/dev/zero', 'file-too-large'],
    ] as const) {
      const error = await check(request({ target })).catch((caught) => caught)
      expect(error).toBeInstanceOf(InputError)
      expect([target, error.code]).toEqual([target, code])
    }
  })

  test('a profile that holds a root which is not there is an InputError, before anything is dialled', async () => {
    const before = requests.length
    const held = '    anchorsHeld: { value: [isrg-root-x9], source: here }'
    writeFileSync(at('held.yaml'), `${readFileSync(at('one.yaml'), 'utf8').trimEnd()}\n${held}\n`)
    const devices = [at('held.yaml')]
    const error = await check(request({ devices, knownRoots: openKnownRoots() })).catch((caught) => caught)
    expect(error).toBeInstanceOf(InputError)
    expect(error.code).toBe('root-unknown')
    expect(error.hint).toContain('isrg-root-x1')
    expect(requests).toHaveLength(before)
  })

  test("the caller's mistakes throw before anything is dialled", async () => {
    const before = requests.length
    await expect(check(request({ headers: [['X', 'a\r\nb: c']] }))).rejects.toThrow(RangeError)
    await expect(check(request({ devices: ['no-such-device'] }))).rejects.toMatchObject({
      name: 'DeviceIdError',
    })
    await expect(check(request({ target: 'http://localhost/' }))).rejects.toMatchObject({
      name: 'TargetError',
    })
    expect(requests).toHaveLength(before)
  })
})
