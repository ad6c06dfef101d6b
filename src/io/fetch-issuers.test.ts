import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { small } from '../../test/support/small-pki.ts'
import { basicConstraints } from '../issue/certificate-extensions.ts'
import { issueCertificate } from '../issue/issue-certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { formatPem } from '../x509/pem.ts'
import { fetchIssuers } from './fetch-issuers.ts'

const root = small({ name: 'Root', ca: true })
const issuing = small({ name: 'Issuing CA', ca: true, issuer: root })
const stranger = small({ name: 'Another CA', ca: true })
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A leaf that names a URL on loopback for its issuer, and what is answered there. */
async function leafWith(answer: (response: ServerResponse) => void) {
  const server = createServer((_, response) => answer(response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = Buffer.from(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ca`, 'latin1')
  const sequence = (content: Uint8Array) => Buffer.concat([Buffer.from([0x30, content.length]), content])
  const caIssuers = Buffer.from('06082b06010505073002', 'hex')
  const location = Buffer.concat([caIssuers, Buffer.from([0x86, url.length]), url])
  const issued = issueCertificate({
    subject: [['CN', 'leaf']],
    key: issuing.issued.key,
    issuer: { subject: issuing.issued.subject, key: issuing.issued.key },
    hash: 'sha256',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2027-01-01T00:00:00Z'),
    serialBytes: 16,
    keyIds: false,
    extensions: [
      basicConstraints(false),
      { oid: '1.3.6.1.5.5.7.1.1', critical: false, der: sequence(sequence(location)) },
    ],
    seed: 'leaf',
  })
  return decodeCertificate(issued.der)
}

const run = async (answer: (response: ServerResponse) => void) => {
  const leaf = await leafWith(answer)
  return fetchIssuers([[leaf]], [root], { timeoutMs: 500, signal: undefined })
}

describe('the issuer that a server leaves out', () => {
  test.each([
    ['DER', Buffer.from(issuing.der)],
    ['PEM', Buffer.from(formatPem(issuing.der))],
  ])('is read from %s', async (_, body) => {
    const { certificates, fetches } = await run((response) => response.end(body))
    expect(certificates.map(({ sha256 }) => sha256)).toEqual([issuing.sha256])
    expect(fetches).toMatchObject([{ outcome: 'fetched' }])
  })

  test.each<[string, (response: ServerResponse) => void, string]>([
    ['another certificate', (response) => response.end(Buffer.from(stranger.der)), 'no-issuer-in-it'],
    ['no certificate', (response) => response.end('<html>'), 'no-issuer-in-it'],
    ['404', (response) => response.writeHead(404).end(), 'failed'],
    [
      'a redirect',
      (response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
      'failed',
    ],
    ['more than 64 KiB', (response) => response.end(Buffer.alloc(70_000, 0x30)), 'failed'],
    [
      'half an answer',
      (response) => void response.writeHead(200, { 'Content-Length': 9 }).write('x'),
      'failed',
    ],
    ['nothing at all', () => {}, 'failed'],
  ])('is not made up where %s comes', async (_, answer, outcome) => {
    const { certificates, fetches } = await run(answer)
    expect(certificates).toEqual([])
    expect(fetches.map((one) => one.outcome)).toEqual([outcome])
  })

  test('is not fetched where the chain reaches an anchor', async () => {
    const leaf = await leafWith(() => {})
    const options = { timeoutMs: 500, signal: undefined }
    expect(await fetchIssuers([[leaf, issuing]], [root], options)).toEqual({ certificates: [], fetches: [] })
  })
})
