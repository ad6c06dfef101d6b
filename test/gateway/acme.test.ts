import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import { orderByAcme } from '../../src/gateway/identities/acme.ts'
import { hasPebble, type Pebble, startPebble } from '../support/pebble.ts'
import { freePort } from '../support/peer-process.ts'

describe.skipIf(!hasPebble)('pebble: certificates by ACME', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-acme-'))
  const at = (name: string) => join(folder, name)
  const told: string[] = []
  let pebble: Pebble
  let directory = ''
  let challengePort = 0

  beforeAll(async () => {
    challengePort = await freePort()
    pebble = await startPebble(folder, challengePort)
    directory = `https://localhost:${pebble.port}/dir`
  }, 60_000)
  afterAll(async () => {
    await pebble.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const order = orderByAcme((_listener, message) => void told.push(message))

  function identities(names: readonly string[], now = new Date(), at2 = directory) {
    const text = `
listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:0]
    certificate:
      acme: { directory: '${at2}', names: [${names.join(', ')}], challengeListen: '127.0.0.1:${challengePort}', ca: root.pem, rsa: true }
    routes: [{ path: /*, upstream: blob }]
upstreams:
  blob: { protocol: https, url: https://blob.example.net }
`
    const config = parseGatewayConfig(text, at('gateway.yaml'))
    return order(config.listeners[0]!, config, now)
  }

  test('an ECDSA certificate and its RSA twin, each with its chain, kept for their owner only', async () => {
    const { ecdsa, rsa } = await identities(['fota.fleet.test', 'b.fleet.test'])
    const leaf = new X509Certificate(ecdsa!.certPem)
    expect(leaf.publicKey.asymmetricKeyType).toBe('ec')
    expect(leaf.subjectAltName).toContain('DNS:fota.fleet.test')
    expect(leaf.subjectAltName).toContain('DNS:b.fleet.test')
    expect(new X509Certificate(rsa!.certPem).publicKey.asymmetricKeyType).toBe('rsa')
    expect(ecdsa!.certPem.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(1)
    const kept = at('gateway-state/acme/fota')
    for (const file of readdirSync(kept)) expect(statSync(join(kept, file)).mode & 0o777).toBe(0o600)
    expect(readdirSync(kept).sort()).toEqual(['account.pem', 'ecdsa.pem', 'rsa.pem'])
  }, 60_000)

  test('is kept until two thirds of its life are over, then renewed', async () => {
    const first = await identities(['fota.fleet.test'])
    const leaf = new X509Certificate(first.ecdsa!.certPem)
    const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]
    const early = await identities(['fota.fleet.test'], new Date(from + 0.6 * (to - from)))
    expect(early.ecdsa!.certPem).toBe(first.ecdsa!.certPem)
    const late = await identities(['fota.fleet.test'], new Date(from + 0.7 * (to - from)))
    expect(late.ecdsa!.certPem).not.toBe(first.ecdsa!.certPem)
  }, 60_000)

  test('another name is another certificate', async () => {
    const { ecdsa } = await identities(['other.fleet.test'])
    expect(new X509Certificate(ecdsa!.certPem).subjectAltName).toBe('DNS:other.fleet.test')
  }, 60_000)

  test('where the directory is gone, the certificate of before is served, and that is told', async () => {
    const before = await identities(['fota.fleet.test'])
    const leaf = new X509Certificate(before.ecdsa!.certPem)
    const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]
    const gone = `https://localhost:${await freePort()}/dir`
    const after = await identities(['fota.fleet.test'], new Date(from + 0.9 * (to - from)), gone)
    expect(after.ecdsa!.certPem).toBe(before.ecdsa!.certPem)
    expect(told.at(-1)).toMatch(/not renewed by .*: .*ECONNREFUSED/)
  }, 60_000)

  test('without one to serve, it is an error that says what ACME needs', async () => {
    const gone = `https://localhost:${await freePort()}/dir`
    await expect(identities(['new.fleet.test'], new Date(), gone)).rejects.toMatchObject({
      name: 'IdentityError',
      hint: expect.stringContaining('port 80'),
    })
  }, 60_000)
})
