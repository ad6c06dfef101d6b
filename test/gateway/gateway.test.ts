import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { AdmissionError } from '../../src/gateway/load-plan.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { check } from '../../src/io/check.ts'
import { loopback } from '../../src/io/listen.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { plainAttempt, requestOf } from '../../src/lab/case.ts'
import { joinPem, makeTableChain } from '../../src/lab/chains.ts'
import { fileHost } from '../../src/lab/file-host.ts'
import { firmware } from '../../src/lab/servers.ts'
import { openHttpsServer } from '../../src/lab/tls-server.ts'
import { decodeCertificate } from '../../src/x509/decode-certificate.ts'
import { testKeys } from '../support/kept-keys.ts'
import { blobHost, frontHost, GatewayRange } from './gateway-range.ts'

let range: GatewayRange
beforeAll(async () => {
  range = await GatewayRange.open()
}, 60_000)
afterEach(async () => {
  await range.stop()
})
afterAll(() => range.close())

/** What a device that holds `anchors` sees. */
const see = (device: string, target: string, port: number, anchors = [range.blobChain.root.der]) =>
  check({
    ...requestOf(
      { ...plainAttempt, target, device, connect: { host: '127.0.0.1', port }, anchors: [] },
      { catalogue: openCatalogue(), knownRoots: openKnownRoots(), now: new Date() },
    ),
    anchors: anchors.map((der) => ({ certificate: decodeCertificate(der), label: 'held' })),
  })

const tableHost = 'orders.table.skyshelf.test'

describe('a gateway in front of an Azure account', () => {
  test('nrf9160 is blocked direct and fits through the gateway with only the old root held', async () => {
    await range.start(range.config({ listener: '    devices: [nrf9160@1.3.7+ncs@2.7.0]' }))
    const device = 'nrf9160@1.3.7+ncs@2.7.0'
    const [direct] = await see(device, `https://${blobHost}/container/fw.bin`, range.blob.port)
    expect(direct).toMatchObject({ state: 'blocked', stage: 'chain' })
    const [through] = await see(device, `https://${frontHost}/firmware/fw.bin`, range.port)
    expect(through?.state).toBe('fits')
    const runs = through!.observation.connections.flatMap(({ records }) => records)
    expect(runs.length).toBeGreaterThan(0)
    expect(Math.max(...runs.map(({ plaintextBytes }) => plaintextBytes))).toBeLessThanOrEqual(1024)
  })

  test('spwf04sx is blocked direct, and no longer through the gateway with a CA of its own', async () => {
    const table = await makeTableChain('renewed', { keys: testKeys, now: new Date() })
    const answer = fileHost({ files: new Map([['/Orders', firmware([])]]), headRecord: 'shared' })
    const service = await openHttpsServer({ ...loopback, chain: table.sent, answer })
    try {
      range.write('table-root.pem', joinPem([table.root]))
      await range.start(`
listeners:
  - name: table
    protocol: https
    listen: [127.0.0.1:0]
    certificate: { own: { names: [gateway.fleet.test], rsa: true } }
    devices: [spwf04sx]
    routes: [{ path: /Orders, upstream: table }]
upstreams:
  table: { protocol: https, url: 'https://${tableHost}', connect: '127.0.0.1:${service.port}', ca: table-root.pem }
`)
      const anchor = readFileSync(range.at('gateway-state/own-ca/anchor-rsa-2048.pem'), 'utf8')
      expect(anchor).toContain('BEGIN CERTIFICATE')
      expect(anchor).not.toContain('KEY')
      const [direct] = await see('spwf04sx', `https://${tableHost}/Orders`, service.port, [table.root.der])
      expect(direct?.state).toBe('blocked')
      expect(direct?.findings.map(({ id }) => id)).toContain('cert-too-large')
      const [through] = await see(
        'spwf04sx',
        'https://gateway.fleet.test/Orders',
        range.port,
        range.ownAnchors(),
      )
      expect(through?.findings.filter(({ effect }) => effect === 'blocks')).toEqual([])
      expect(['fits', 'at-risk', 'undecided']).toContain(through?.state)
      // What is not known of the module is told at the start, once for each device.
      const [told] = range.events.filter(({ what }) => what === 'admission')
      expect(told?.facts).toMatchObject({ device: 'spwf04sx', state: through?.state })
      expect(told?.facts?.unknown).toContain('recordBytes')
    } finally {
      await service.close()
    }
  })

  test.each([
    ['mqtts', 16_384, 'undecided', 'recordBytes'],
    ['mqtts', 1_024, 'fits', undefined],
    ['https', 16_384, 'undecided', 'recordBytes'],
    ['https', 1_024, 'fits', 'responseHeadBytes'],
  ] as const)('an upstream that was not seen, over %s in records of up to %i bytes: nrf9160 is %s', async (protocol, maxRecordBytes, state, unknown) => {
    const text = range.config({
      listener: `    devices: [nrf9160@1.3.7+ncs@2.7.0]\n    maxRecordBytes: ${maxRecordBytes}\n    clientCertificates: { ask: required, ca: held.pem }`,
      upstream: '  broker: { protocol: mqtts, url: mqtts://broker.fleet.test }',
    })
    const routes = / {4}routes: .*/
    const mqtt = text.replace('protocol: https', 'protocol: mqtts').replace(routes, '    upstream: broker')
    const full = text.replace(routes, (found) => `${found}\n    responseHead: full`)
    await range.start(protocol === 'mqtts' ? mqtt : full)
    const told = range.events.find(({ what }) => what === 'admission')
    expect(told?.facts?.state).toBe(state)
    expect(told?.level).toBe(state === 'fits' ? 'info' : 'warn')
    if (unknown === undefined) expect(told?.facts?.unknown).toBeUndefined()
    else expect(told?.facts?.unknown).toContain(unknown)
  })

  test('refuses to start on a chain that a named device would not take, and says which finding it is', async () => {
    const heavy = range
      .config({ listener: '    devices: [nrf9160@1.3.7+ncs@2.7.0]' })
      .replace('chain: chain.pem, key: key.pem', 'chain: blob-chain.pem, key: blob-key.pem')
      .replace('ecdsa: {', 'rsa: {')
    const error = await range.start(heavy).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(AdmissionError)
    expect((error as AdmissionError).message).toContain('chain-too-large')
    expect((error as AdmissionError).verdicts[0]?.state).toBe('blocked')
  })
})
