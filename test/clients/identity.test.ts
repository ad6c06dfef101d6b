import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildOf, type ClientArgs, runClient } from './clients.ts'
import { RefereeRange } from './referee.ts'

const BUILD_MS = 240_000
const there = (name: string): boolean => buildOf(name) !== undefined
const older = [
  'bearssl',
  'mbedtls-2.28',
  'wolfssl',
  'openssl',
  'gnutls',
  'mbedtls-3.6-default',
  'wolfssl-5.5-plain',
]
const newer = ['wolfssl', 'openssl', 'gnutls', 'mbedtls-3.6-default', 'wolfssl-5.5-plain']

let range: RefereeRange
let demanding: number
let common: Pick<ClientArgs, 'port' | 'sni' | 'anchors' | 'request'>

beforeAll(async () => {
  range = new RefereeRange()
  const trusted = range.file('trusted.pem', range.root)
  demanding = await range.serve([range.leaf, range.intermediate], '-Verify', '2', '-CAfile', trusted)
  common = { port: demanding, sni: 'a.test', anchors: trusted, request: 'GET /small.txt' }
}, BUILD_MS)
afterAll(() => range.end())

describe('a server that demands a certificate of the client', () => {
  for (const name of older) {
    test.skipIf(!there(name))(`${name}: without one it is told so, TLS 1.2`, async () => {
      const result = await runClient(name, { ...common, maxVersion: '1.2' })
      expect(result).toMatchObject({
        stage: 'handshake',
        ok: false,
        alertReceived: 40,
        tlsVersion: 'TLSv1.2',
      })
    })

    test.skipIf(!there(name)).each(['P-256', 'rsa:2048'])(`${name}: is let in with one, %s`, async (key) => {
      expect(await runClient(name, { ...common, ...identity(key), maxVersion: '1.2' })).toMatchObject({
        ok: true,
      })
    })
  }
})

describe('TLS 1.3, where alerts travel encrypted', () => {
  for (const name of newer) {
    test.skipIf(!there(name))(
      `${name}: is told that its certificate is lacking, after the handshake`,
      async () => {
        const result = await runClient(name, { ...common, minVersion: '1.3' })
        expect(result).toMatchObject({ ok: false, alertReceived: 116, tlsVersion: 'TLSv1.3' })
      },
    )

    test.skipIf(!there(name))(`${name}: tells the alert that it sent`, async () => {
      const anchors = range.file('stranger.pem', range.stranger)
      const result = await runClient(name, { ...common, anchors, minVersion: '1.3' })
      expect(result).toMatchObject({ stage: 'verify', ok: false })
      expect(result.alertSent).toBeGreaterThan(40)
    })

    test.skipIf(!there(name))(`${name}: is let in with a certificate`, async () => {
      expect(await runClient(name, { ...common, ...identity('P-256'), minVersion: '1.3' })).toMatchObject({
        ok: true,
      })
    })
  }
})

function identity(key: string): Pick<ClientArgs, 'clientCert' | 'clientKey'> {
  const made = range.pki.make({ subject: '/CN=device', key }, range.root)
  return { clientCert: range.file(`${key}-client.pem`, made), clientKey: made.keyFile }
}
