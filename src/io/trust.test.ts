import { lookup } from 'node:dns/promises'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { testKeys } from '../../test/support/kept-keys.ts'
import { type SmallCertificate, small } from '../../test/support/small-pki.ts'
import { basicConstraints } from '../issue/certificate-extensions.ts'
import { issueCertificate } from '../issue/issue-certificate.ts'
import type { LabCase } from '../lab/case.ts'
import { esp32Ota } from '../lab/cases/esp32-ota.ts'
import { memfaultFota } from '../lab/cases/memfault-fota.ts'
import { nordicAzureFota } from '../lab/cases/nordic-azure-fota.ts'
import { spwf04AzureTable } from '../lab/cases/spwf04-azure-table.ts'
import { keyPem } from '../lab/small-chains.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { formatPem } from '../x509/pem.ts'
import { openCatalogue } from './catalogue-files.ts'
import { openKnownRoots } from './root-files.ts'
import { findTrust, type TrustRequest } from './trust.ts'

const long = { notAfter: '2046-01-01T00:00:00Z' }
const apiRoot = small({ name: 'API Root', ca: true, ...long })
const cdnRoot = small({ name: 'CDN Root', ca: true, ...long })
const servers: Server[] = []
const localhost = await lookup('localhost', { all: true })
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const request = (given: Partial<TrustRequest>): TrustRequest => ({
  targets: [],
  device: 'mbedtls@3.6.0',
  roots: [apiRoot, cdnRoot].map((certificate) => ({ certificate, label: 'mine.pem' })),
  held: [],
  verify: 'full',
  now: new Date('2026-09-01T00:00:00Z'),
  serviceEnd: new Date('2036-09-01T00:00:00Z'),
  headers: [],
  sendSecrets: false,
  byteLimit: undefined,
  timeoutMs: 3000,
  fetchIssuers: false,
  catalogue: openCatalogue(),
  knownRoots: openKnownRoots(),
  onProgress: undefined,
  ...given,
})

function leaf(issuer: SmallCertificate, ...names: readonly string[]): SmallCertificate {
  return small({ name: names[0]!, issuer, altNames: names, key: `leaf of ${issuer.subject.text}`, ...long })
}

async function listen(server: Server, host: string, port = 0): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return (server.address() as AddressInfo).port
}

function https(
  certificates: readonly SmallCertificate[],
  location: string | undefined,
  host: string,
  port?: number,
): Promise<number> {
  const [own] = certificates
  const cert = certificates.map(({ der }) => formatPem(der)).join('')
  const server = createHttps({ cert, key: keyPem(own!.issued.key), maxVersion: 'TLSv1.2' }, (_, response) => {
    if (location === undefined) response.end('x'.repeat(500))
    else response.writeHead(302, { Location: location, 'Content-Length': 0 }).end()
  })
  server.on('tlsClientError', () => {})
  return listen(server, host, port)
}

const names = ({ plan }: Awaited<ReturnType<typeof findTrust>>) =>
  plan.chosen.map(({ candidate }) => candidate.certificate.subject.commonName).sort()

describe('the walk', () => {
  test('follows a redirect, and plans the root of each host', async () => {
    const cdn = await https([leaf(cdnRoot, 'localhost')], undefined, '127.0.0.1')
    const api = await https([leaf(apiRoot, '127.0.0.1')], `https://localhost:${cdn}/file`, '127.0.0.1')
    const found = await findTrust(request({ targets: [{ target: `https://127.0.0.1:${api}/latest` }] }))
    expect(found.plan.hosts.map(({ view, state }) => [view.host, view.port, state])).toEqual([
      ['127.0.0.1', api, 'fits'],
      ['localhost', cdn, 'fits'],
    ])
    expect(names(found)).toEqual(['API Root', 'CDN Root'])
    expect(found.plan.state).toBe('fits')
    // By the redirect, and once more at all its addresses.
    expect(found.plan.hosts[1]!.view.chains[0]!.observations).toHaveLength(2)
  })

  test.skipIf(localhost.length < 2)('looks at every address of a host that a redirect leads to', async () => {
    const cdn = await https([leaf(cdnRoot, 'localhost')], undefined, '127.0.0.1')
    await https([leaf(apiRoot, 'localhost')], undefined, '::1', cdn)
    const api = await https([leaf(apiRoot, '127.0.0.1')], `https://localhost:${cdn}/file`, '127.0.0.1')
    const found = await findTrust(request({ targets: [{ target: `https://127.0.0.1:${api}/latest` }] }))
    const seen = found.plan.hosts[1]!.view.chains.flatMap((chain) => chain.addresses)
    expect(seen.sort()).toEqual(['127.0.0.1', '::1'])
    expect(names(found)).toEqual(['API Root', 'CDN Root'])
  })

  test('says of a host that is not there that nothing was seen', async () => {
    const port = await https([leaf(apiRoot, '127.0.0.1')], undefined, '127.0.0.1')
    servers.splice(0)[0]!.close()
    const found = await findTrust(request({ targets: [{ target: `https://127.0.0.1:${port}/` }] }))
    expect(found.plan).toMatchObject({ state: 'undecided', chosen: [], hosts: [{ state: 'unseen' }] })
  })
})

/** The case opened, and planned for what its steps try. */
async function planCase(lab: LabCase, steps: readonly number[], rest: Partial<TrustRequest> = {}) {
  const now = new Date()
  const opened = await lab.open({ keys: testKeys, now, hosts: ['127.0.0.1'], port: 0 })
  try {
    const attempts = steps.map((step) => opened.steps[step]!.attempt)
    const anchors = opened.steps.flatMap(({ attempt }) => attempt.anchors)
    const roots = anchors.map(({ der }) => ({ certificate: decodeCertificate(der), label: 'root.pem' }))
    const found = await findTrust(
      request({
        targets: attempts.map(({ target, connect }) => ({ target, connect })),
        device: attempts[0]!.device,
        roots: roots.filter(({ certificate }) => certificate.isCa && certificate.selfIssued),
        now,
        serviceEnd: new Date(now.getTime() + 3600_000),
        ...rest,
      }),
    )
    return { ...found, steps: opened.steps }
  } finally {
    await opened.close()
  }
}

describe('the five cases', () => {
  test('Memfault needs a root for the API and one for the files; that the records are too large is no matter of roots', async () => {
    const { plan } = await planCase(memfaultFota, [0, 3])
    expect(plan.chosen).toHaveLength(2)
    expect(plan.chosen.flatMap(({ hosts }) => hosts).sort()).toEqual(
      plan.hosts.map(({ view }) => view.host).sort(),
    )
    const files = plan.hosts.find(({ view }) => view.host.startsWith('ota'))!
    expect(files.reasons.map(({ id }) => id)).toEqual(['record-too-large'])
    expect(plan.state).toBe('blocked')
  })

  test.each([
    [nordicAzureFota, 'chain-too-large'],
    [spwf04AzureTable, 'cert-too-large'],
  ] as const)('$id: the failing step is helped by no root', async (lab, finding) => {
    const { plan } = await planCase(lab, [1])
    expect(plan).toMatchObject({ state: 'blocked', chosen: [] })
    expect(plan.hosts[0]!.reasons.map(({ id }) => id)).toContain(finding)
  })

  test.each([nordicAzureFota, spwf04AzureTable])('$id: what worked before needs one root', async (lab) => {
    const { plan } = await planCase(lab, [0])
    expect(plan.state).toBe('fits')
    expect(plan.chosen).toHaveLength(1)
  })

  test('ESP32: the root of the CA is the anchor, where the leaf was exported from the browser', async () => {
    const { plan, steps } = await planCase(esp32Ota, [3])
    const inImage = decodeCertificate(steps[3]!.attempt.anchors[0]!.der)
    const [root] = plan.chosen
    expect(plan.state).toBe('fits')
    expect(root?.candidate).toMatchObject({ kind: 'root', origin: 'given' })
    expect(plan.hosts[0]!.options.map(({ candidate }) => candidate.certificate.sha256)).not.toContain(
      inImage.sha256,
    )
  })

  test('ESP32: the local server that signed itself is its own root, and is called that', async () => {
    const { plan } = await planCase(esp32Ota, [2], { roots: [] })
    expect(plan.chosen.map(({ candidate }) => [candidate.kind, candidate.origin])).toEqual([
      ['self-signed-leaf', 'wire'],
    ])
  })
})

describe('a chain without its intermediate', () => {
  test('is completed from where the leaf says, on request only, and stays blocked', async () => {
    const asked: string[] = []
    const issuing = small({ name: 'Issuing CA', ca: true, issuer: apiRoot, ...long })
    const http = createHttp((incoming, response) => {
      asked.push(incoming.url ?? '')
      response.end(Buffer.from(issuing.der))
    })
    const port = await listen(http, '127.0.0.1')
    const url = Buffer.from(`http://127.0.0.1:${port}/ca.crt`, 'latin1')
    const uri = Buffer.concat([Buffer.from([0x86, url.length]), url])
    const oid = Buffer.from('06082b06010505073002', 'hex')
    const tlv = (content: Buffer) => Buffer.concat([Buffer.from([0x30, content.length]), content])
    const aia = { oid: '1.3.6.1.5.5.7.1.1', critical: false, der: tlv(tlv(Buffer.concat([oid, uri]))) }
    const base = leaf(issuing, '127.0.0.1')
    const issued = issueCertificate({
      subject: [['CN', 'alone']],
      key: base.issued.key,
      issuer: { subject: issuing.issued.subject, key: issuing.issued.key },
      hash: 'sha256',
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date(long.notAfter),
      serialBytes: 16,
      keyIds: false,
      extensions: [basicConstraints(false), aia],
      seed: 'alone',
    })
    const alone = { ...decodeCertificate(issued.der), issued }
    const server = await https([alone], undefined, '127.0.0.1')
    const targets = [{ target: `tls://127.0.0.1:${server}` }]
    const without = await findTrust(request({ targets }))
    expect(asked).toEqual([])
    expect(without.plan.hosts[0]!.options).toEqual([])
    const found = await findTrust(request({ targets, fetchIssuers: true }))
    expect(asked).toEqual(['/ca.crt'])
    expect(found.fetches).toMatchObject([{ outcome: 'fetched' }])
    expect(found.plan.hosts[0]!.options.map(({ candidate }) => candidate.certificate.sha256)).toEqual([
      apiRoot.sha256,
    ])
    expect(found.plan.state).toBe('blocked')
  })
})
