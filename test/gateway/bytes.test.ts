import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveDevice } from '../../src/device/catalogue.ts'
import { offerFor } from '../../src/device/offer.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import type { Listening } from '../../src/io/listen.ts'
import { fileHost } from '../../src/lab/file-host.ts'
import { blobHeaders, firmware } from '../../src/lab/servers.ts'
import type { Observation } from '../../src/observe/observation.ts'
import type { ClientOffer } from '../../src/tls/client-offer.ts'
import { observe, plainHttp } from '../support/dial.ts'
import { frontName, GatewayPki, GatewayRange, upstreamName } from '../support/gateway-range.ts'
import { recordTurns } from '../support/recording-proxy.ts'
import { serverRecords } from '../support/wire-records.ts'

/** Record limit of the nRF91 modems, devices/nrf9160.yaml. */
const RECORD_LIMIT_BYTES = 2303
/** A part that shares one record with a head of 90 bytes. */
const RANGE_BYTES = RECORD_LIMIT_BYTES - 90
const image = firmware(blobHeaders)
const FILE_BYTES = image.body.length

describe('what an nRF91 pays for 256 KiB', () => {
  const pki = new GatewayPki()
  let upstream: Listening
  let gateway: GatewayRange

  beforeAll(async () => {
    upstream = await pki.openUpstream(fileHost({ files: new Map([['/fw.bin', image]]), headRecord: 'own' }))
    gateway = await GatewayRange.open({
      pki,
      routes: '      - { path: /*, upstream: blob }',
      upstreams: `  blob: { protocol: https, url: 'https://${upstreamName}', connect: 127.0.0.1:${upstream.port}, ca: roots.pem }`,
      maxRecordBytes: RECORD_LIMIT_BYTES,
    })
  })
  afterAll(async () => {
    await gateway?.close()
    await upstream?.close()
    pki.remove()
  })

  /** With the hello of the modem; bytes of TLS, without TCP and IP. */
  async function pay(rangeBytes: number | undefined) {
    const done: { seen?: readonly Observation[] } = {}
    const turns = await recordTurns(gateway.port, async (port) => {
      done.seen = await observe(`https://${frontName}/fw.bin`, {
        connect: { host: '127.0.0.1', port },
        offer: (host) => modemOffer(host),
        http: { ...plainHttp, rangeBytes },
        timeoutMs: 10_000,
      })
    })
    const connection = done.seen?.[0]?.connections[0]
    return { connection, ...serverRecords(turns) }
  }

  test('the handshake costs 700 bytes at most, without ticket and with a P-256 leaf', async () => {
    expect(modemOffer(frontName).extensions.map(({ kind }) => kind)).not.toContain('session_ticket')
    const { handshakeBytes, connection } = await pay(undefined)
    expect(connection?.exchanges[0]?.response).toMatchObject({ status: 200, bodyComplete: true })
    expect(handshakeBytes).toBeGreaterThan(400)
    expect(handshakeBytes).toBeLessThanOrEqual(700)
  })

  test('in one response the whole costs 2 % more than the file at most', async () => {
    const { totalBytes, largestData, connection } = await pay(undefined)
    expect(connection?.exchanges[0]?.response).toMatchObject({ status: 200, bodyComplete: true })
    expect(largestData).toBeLessThanOrEqual(RECORD_LIMIT_BYTES + 24)
    expect(totalBytes).toBeGreaterThan(FILE_BYTES)
    expect(totalBytes / FILE_BYTES).toBeLessThanOrEqual(1.02)
  })

  test('in ranges it costs 10 % more at most and 120 requests, each answer one record', async () => {
    const { totalBytes, largestData, dataRecords, connection } = await pay(RANGE_BYTES)
    const exchanges = connection?.exchanges ?? []
    expect(exchanges.every(({ response }) => response?.status === 206 && response.bodyComplete)).toBe(true)
    expect(exchanges.length).toBe(Math.ceil(FILE_BYTES / RANGE_BYTES))
    expect(exchanges.length).toBeLessThanOrEqual(120)
    expect(dataRecords).toBe(exchanges.length)
    expect(largestData).toBeLessThanOrEqual(RECORD_LIMIT_BYTES + 24)
    expect(totalBytes / FILE_BYTES).toBeLessThanOrEqual(1.1)
  })
})

function modemOffer(host: string | undefined): ClientOffer {
  const device = resolveDevice('nrf9160@1.3.7', openCatalogue())
  return offerFor(device, { host, verify: 'full', sni: undefined }).offer
}
