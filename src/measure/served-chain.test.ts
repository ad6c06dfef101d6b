import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ChainToServe } from '../exam/serving.ts'
import { plainIntermediate, plainServing } from '../exam/serving-of.ts'
import { basicConstraints } from '../issue/certificate-extensions.ts'
import { issueCertificate } from '../issue/issue-certificate.ts'
import { MeasuringKeys } from './measuring-keys.ts'
import { makeServedChain, type Signer } from './served-chain.ts'

const keys = new MeasuringKeys()
const now = new Date('2026-11-21T12:00:00Z')
const small = plainServing.chain
const one = plainIntermediate
let testCa: Signer

beforeAll(async () => {
  const key = await keys.take('rsa-2048', 'root')
  testCa = issueCertificate({
    subject: [['CN', 'test CA']],
    key,
    issuer: undefined,
    hash: 'sha256',
    notBefore: now,
    notAfter: new Date('2027-01-01'),
    serialBytes: 16,
    keyIds: false,
    seed: 'root',
    extensions: [basicConstraints(true)],
  })
})

const make = (chain: Partial<ChainToServe>, host = 'fw.example') =>
  makeServedChain({ chain: { ...small, ...chain }, testCa, host, serverAddress: '192.0.2.1', keys, now })

describe('chains that are served', () => {
  test('a leaf has the size asked for, to the byte', async () => {
    const [least] = (await make({})).sent
    for (const from of [least!.der.length + 20, 1000, 4096, 65_541]) {
      for (let bytes = from; bytes < from + 20; bytes++) {
        const { sent } = await make({ leafBytes: bytes })
        expect(sent[0]!.der.length).toBe(bytes)
      }
    }
  })

  test('no certificate has 65,540 bytes: its own length field takes a byte more from there', async () => {
    expect((await make({ leafBytes: 65_539 })).sent[0]!.der.length).toBe(65_539)
    await expect(make({ leafBytes: 65_540 })).rejects.toThrow(/65540/)
  })

  test('sizes of every certificate are kept, and the message counts them all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 900, max: 9000 }), { maxLength: 3 }),
        fc.array(fc.integer({ min: 900, max: 9000 }), { maxLength: 3 }),
        async (needed, unneeded) => {
          const { sent, pathCertificates, messageBytes } = await make({
            intermediates: needed.map((bytes) => ({ ...one, bytes })),
            unneeded,
          })
          expect(sent.slice(1).map(({ der }) => der.length)).toEqual([...needed, ...unneeded])
          expect(pathCertificates).toBe(1 + needed.length)
          expect(messageBytes).toBe(7 + sent.reduce((sum, { der }) => sum + 3 + der.length, 0))
        },
      ),
      { numRuns: 15 },
    )
  })

  test('each is signed by the next, and the last of the path by the test CA', async () => {
    const { sent } = await make({ intermediates: [one, one] })
    const read = sent.map(({ der }) => new X509Certificate(der))
    expect(read.map((each) => each.subject)).toEqual([
      'CN=fw.example',
      'CN=tlsfit issuing 1',
      'CN=tlsfit issuing 0',
    ])
    for (const [index, certificate] of read.slice(0, -1).entries())
      expect(certificate.verify(read[index + 1]!.publicKey)).toBe(true)
    expect(read.at(-1)!.issuer).toBe('CN=test CA')
  })

  test('a stranger bears the name of the test CA and another key', async () => {
    const [leaf] = (await make({ signer: 'stranger' })).sent
    const { createPublicKey } = await import('node:crypto')
    const read = new X509Certificate(leaf!.der)
    expect(read.issuer).toBe('CN=test CA')
    expect(read.verify(createPublicKey(testCa.key))).toBe(false)
  })

  test('a foreign CA has a name of its own, and its root is sent where that is the question', async () => {
    const [leaf, ...none] = (await make({ signer: 'foreign' })).sent
    expect(new X509Certificate(leaf!.der).issuer).toBe('CN=tlsfit foreign CA')
    expect(none).toEqual([])
    const { sent, pathCertificates } = await make({ signer: 'foreign-sent' })
    const [signed, root] = sent.map(({ der }) => new X509Certificate(der))
    expect(sent).toHaveLength(2)
    expect(pathCertificates).toBe(1)
    expect(root!.subject).toBe(root!.issuer)
    expect(signed!.verify(root!.publicKey)).toBe(true)
  })

  test('neighbours of a name are none that a verifier may take for it', async () => {
    for (const host of ['fw.example', 'device.example.net', '192.0.2.7', 'localhost']) {
      const read = new X509Certificate((await make({ names: 'neighbours' }, host)).sent[0]!.der)
      expect(read.subjectAltName).toContain(`${host}.invalid`)
      expect(isIP(host) ? read.checkIP(host) : read.checkHost(host)).toBeUndefined()
    }
  })

  test('a leaf is for clients alone, and an intermediate expired, where that is the question', async () => {
    const leafOf = async (purpose: ChainToServe['purpose']) =>
      new X509Certificate((await make({ purpose })).sent[0]!.der)
    expect((await leafOf('server')).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect((await leafOf('client')).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    const { sent } = await make({ intermediates: [{ ...one, expired: true }] })
    const [leaf, issuer] = sent.map(({ der }) => new X509Certificate(der))
    expect(Date.parse(leaf!.validTo)).toBeGreaterThan(now.getTime())
    expect(Date.parse(issuer!.validTo)).toBeLessThan(now.getTime())
    expect(leaf!.verify(issuer!.publicKey)).toBe(true)
  })

  test('names stand where the question wants them', async () => {
    const names = async (form: ChainToServe['names'], host: string) =>
      new X509Certificate((await make({ names: form }, host)).sent[0]!.der)
    expect((await names('asked', '192.0.2.7')).checkIP('192.0.2.7')).toBe('192.0.2.7')
    expect((await names('address-as-dns-name', '192.0.2.7')).checkIP('192.0.2.7')).toBeUndefined()
    expect((await names('common-name-only', 'fw.example')).subjectAltName).toBeUndefined()
    expect(
      (await names('another', 'fw.example')).checkHost('fw.example', { subject: 'always' }),
    ).toBeUndefined()
    const byAddress = await names('server-address', 'fw.example')
    expect(byAddress.subjectAltName).toBe('IP Address:192.0.2.1')
    expect(byAddress.checkHost('fw.example', { subject: 'always' })).toBeUndefined()
    expect((await names('wildcard', 'fw.example.net')).checkHost('fw.example.net')).toBe('*.example.net')
  })
})
