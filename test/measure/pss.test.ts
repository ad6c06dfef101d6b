import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Exam } from '../../src/exam/exam.ts'
import { writeMeasuredProfile } from '../../src/exam/measured-profile.ts'
import { plainServing, withChain } from '../../src/exam/serving-of.ts'
import { topicIds } from '../../src/exam/topic.ts'
import { chainFound } from '../../src/exam/topics/chain.ts'
import { pssFound } from '../../src/exam/topics/keys.ts'
import { untoldOf } from '../../src/exam/untold.ts'
import type { IssuedCertificate } from '../../src/issue/issue-certificate.ts'
import { MeasuringKeys } from '../../src/measure/measuring-keys.ts'
import { makeServedChain } from '../../src/measure/served-chain.ts'
import { buildOf } from '../clients/clients.ts'
import { measureBuild } from '../support/measure-client.ts'
import { newFolder } from '../support/measuring.ts'
import { testRoot } from '../support/test-root.ts'
import { tlsfit } from '../support/tlsfit.ts'

const build = 'mbedtls-3.6-in-4096'
const keys = new MeasuringKeys()
const folder = newFolder()
const profile = join(folder, 'device.yaml')
const anchor = join(folder, 'root.pem')

describe.skipIf(buildOf(build) === undefined)('Mbed TLS 3.6 with 4,096 bytes of input, as it is', () => {
  let exam: Exam
  let root: IssuedCertificate

  beforeAll(async () => {
    exam = await measureBuild(build, {}, topicIds)
    writeFileSync(profile, writeMeasuredProfile(exam, { family: 'measured', version: '0' }))
    root = await testRoot(keys)
    writeFileSync(anchor, root.pem)
  }, 240_000)

  test('is measured within 80 connections, and nothing is left for want of one but P-521 and RSA-8192', () => {
    expect(exam.answers.length).toBeLessThanOrEqual(80)
    expect(exam.next()).toBeUndefined()
    const left = untoldOf(exam).filter(({ why }) => why === 'not-asked')
    const seldom: readonly string[] = ['p521', 'secp521r1', 'rsa-8192']
    expect(left.map(({ what }) => what).filter((what) => !seldom.includes(what))).toEqual([])
    expect(chainFound(exam)).toMatchObject({
      counts: 'record',
      message: { passes: 4096, fails: 4097, exact: true },
      joined: { exact: true },
    })
  })

  test('offers RSA-PSS and refuses it in TLS 1.2: its profile blocks a server that signs so, and no other', async () => {
    expect(pssFound(exam)).toBe('refuses')
    const signed = (sigalgs: string) => checkAt(root, sigalgs)
    const blocked = await signed('rsa_pss_rsae_sha256')
    expect(blocked).toMatchObject({ state: 'blocked', stage: 'handshake' })
    expect(JSON.stringify(blocked)).toContain('signed with rsa_pss_rsae_sha256')
    expect(await signed('RSA+SHA256')).toMatchObject({ state: expect.stringMatching(/^(fits|at-risk)$/) })
  }, 60_000)
})

/** The verdict on a server of TLS 1.2 that may sign in one way only. */
async function checkAt(root: IssuedCertificate, sigalgs: string): Promise<Record<string, unknown>> {
  const chain = await makeServedChain({
    chain: withChain(plainServing, { key: 'rsa-2048' }).chain,
    testCa: root,
    host: 'localhost',
    serverAddress: '127.0.0.1',
    keys,
    now: new Date(),
  })
  const secureContext = createSecureContext({
    cert: chain.sent.map(({ pem }) => pem).join(''),
    key: chain.sent[0]!.key.export({ type: 'pkcs8', format: 'pem' }),
    maxVersion: 'TLSv1.2',
    sigalgs,
  })
  const server = createServer((raw) => {
    raw.on('error', () => {})
    const tls = new TLSSocket(raw, { isServer: true, secureContext })
    tls.on('error', () => {})
    tls.once('data', () => tls.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const target = `https://localhost:${port}/`
    const ran = await tlsfit([
      ...['check', target, '--connect', `127.0.0.1:${port}`, '--device', profile],
      ...['--anchor', anchor, '--format', 'json', '--timeout', '10'],
    ])
    return JSON.parse(ran.stdout).verdicts[0]
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
