import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { check } from '../src/io/check.ts'
import { checkRequest } from '../src/io/check-defaults.ts'
import type { CheckRequest } from '../src/io/check-request.ts'
import { openForecast } from '../src/io/forecast-files.ts'
import type { Listening } from '../src/io/listen.ts'
import { openHttpsServer } from '../src/lab/tls-server.ts'
import { outlookLines } from '../src/report/outlook.ts'
import { formatText } from '../src/report/text.ts'
import { decodeCertificate } from '../src/x509/decode-certificate.ts'
import { type GenerationX, generationX } from './support/generation-x.ts'

/** With 1,290 bytes of R12 it fits in 4 kB by far; with the 2,775 of YR1 and the bridge it does not. */
const LEAF_BYTES = 1_600

let pki: GenerationX
let server: Listening

beforeAll(async () => {
  pki = generationX('localhost', LEAF_BYTES)
  server = await openHttpsServer({
    chain: pki.chain,
    answer: (_, response) => response.end('firmware'),
    hosts: ['127.0.0.1'],
    port: 0,
  })
})
afterAll(() => server.close())

function look(rest: Partial<CheckRequest>) {
  const root = decodeCertificate(pki.root.der)
  return check(
    checkRequest({
      target: `tls://localhost:${server.port}`,
      devices: ['nrf9160@1.3.7'],
      anchors: [{ certificate: root, label: 'x1.pem' }],
      connect: { host: '127.0.0.1', port: server.port },
      now: new Date('2026-04-01T00:00:00Z'),
      timeoutMs: 10_000,
      catalogue: openCatalogue(),
      knownRoots: pki.knownRoots,
      ...rest,
    }),
  )
}

describe("an nRF9160 behind an RSA chain like Let's Encrypt's, on loopback", () => {
  test('fits today, and is blocked from the day on which the chain grows', async () => {
    const [verdict = expect.fail()] = await look({ forecast: openForecast(pki.knownRoots, []) })
    expect(verdict.state).toBe('fits')
    const outlook = verdict.outlook?.find(({ id }) => id === 'le-gen-y-classic-rsa') ?? expect.fail()
    expect(outlook).toMatchObject({
      state: 'blocked',
      stage: 'chain',
      timing: 'ahead',
      asToday: false,
      from: new Date('2026-05-28'),
      before: { certificates: 2, bytes: LEAF_BYTES + 1290 },
      after: { certificates: 3, bytes: LEAF_BYTES + 1247 + 1528, unknown: [] },
      needs: [],
    })
    expect(outlook.assumed).toEqual(expect.arrayContaining(['leaf-reissued', 'stand-ins', 'signatures']))
    const [line] = outlookLines(verdict).filter((one) => one.includes('RSA chains'))
    expect(line).toMatch(
      /^from 28 May 2026 \(first seen\): Let's Encrypt's RSA chains move to Generation Y: /,
    )
    expect(line).toContain('+1,485 B (4,375 B in 3 certificates)')
    expect(line).toContain('blocked for nrf9160@1.3.7+ncs@2.7.0 (4,375 B against 4,096 B for the chain)')
    expect(line).toMatch(
      /; Let's Encrypt's chain "ECDSA, default" \(4,077 B at most, .*\) or the gateway avoids it$/,
    )
    expect(formatText([verdict], { color: false, columns: 100 })).toMatch(/^ahead$/m)
  })

  test('the same verdict without the forecast: looking ahead changes nothing of today', async () => {
    const [[plain = expect.fail()], [ahead = expect.fail()]] = await Promise.all([
      look({}),
      look({ forecast: openForecast(pki.knownRoots, []) }),
    ])
    expect(plain.outlook).toBeUndefined()
    const { outlook, observation, ...rest } = ahead
    const { observation: other, ...same } = plain
    expect(rest).toEqual(same)
  })

  test('a candidate that fits is told, and what the calendar does to it', async () => {
    const certificates = pki.chain.map(({ der }) => der)
    const candidates = [{ name: 'mine.pem', certificates }]
    const [verdict = expect.fail()] = await look({ forecast: openForecast(pki.knownRoots, candidates) })
    const own = verdict.outlook?.filter(({ candidate }) => candidate === 'mine.pem') ?? []
    expect(own.map(({ id, state, timing }) => [id, state, timing])).toEqual(
      expect.arrayContaining([
        ['candidate', 'fits', 'now'],
        ['le-gen-y-classic-rsa', 'blocked', 'ahead'],
      ]),
    )
    expect(own[0]!.assumed).toEqual(['chain-alone'])
  })
})
