import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testKeys } from '../../test/support/kept-keys.ts'
import {
  type ChainOptions,
  joinPem,
  makeForestChain,
  makeNewBlobChain,
  makeOldBlobChain,
  makeTableChain,
} from './chains.ts'
import { makeFrontChain, makeOwnChain } from './small-chains.ts'

const options: ChainOptions = { keys: testKeys, now: new Date('2026-11-21T00:00:00Z') }
const share = 0.02

describe('certificates of the lab weigh what the real ones weigh, within 2 %', () => {
  test('the new Azure chain, its root and the twin of it', async () => {
    const chain = await makeNewBlobChain(options)
    expectNear(sizes(chain.sent), realSizes('chain-edge-microsoft-com-g2.pem'))
    expectNear(sizes([chain.root]), realSizes('root-digicert-global-root-g2.pem'))
    expectNear(sizes([chain.newRoot]), realSizes('root-microsoft-tls-rsa-root-g2-selfsigned.pem'))
  })

  test('the old Azure chain: 2,184 and 1,456 bytes', async () => {
    const { sent } = await makeOldBlobChain(options)
    expectNear(sizes(sent), [2184, 1456])
    expectNear(
      sizes(sent.slice(1)),
      realSizes('int-microsoft-azure-rsa-tls-issuing-ca-04-xsigned-by-digicert.pem'),
    )
  })

  test('the S3 chain of four', async () => {
    const { sent, root } = await makeForestChain('cdn', options)
    expectNear(sizes(sent), realSizes('chain-aws-s3-eu-west-1.pem'))
    expectNear(sizes([root]), realSizes('root-amazon-ca-1.pem'))
  })

  test('the AWS IoT chain: 1,459, 1,101, 1,174 and 1,145 bytes', async () => {
    expectNear(sizes((await makeForestChain('iot', options)).sent), [1459, 1101, 1174, 1145])
  })

  test('the Azure Table chain before and after the renewal: the leaf grows to 3,813 bytes', async () => {
    expectNear(sizes((await makeTableChain('before', options)).sent), [2105, 1464])
    expectNear(sizes((await makeTableChain('renewed', options)).sent), [3813, 1464])
  })

  test('the root of an own front fits 1,475 bytes as PEM', async () => {
    expect(joinPem([(await makeOwnChain('gateway.test', options)).root]).length).toBeLessThanOrEqual(1475)
  })
})

describe('chains hold together', () => {
  test('each certificate is issued by the next, and the last by the root', async () => {
    const blob = await makeNewBlobChain(options)
    const front = await makeFrontChain('front.test', blob.root, options)
    const chains = [blob, front, await makeOldBlobChain(options), await makeTableChain('renewed', options)]
    for (const { sent, root } of chains) {
      const all = [...sent, root].map(({ der }) => new X509Certificate(der))
      for (const [index, certificate] of all.slice(0, -1).entries()) {
        const issuer = all[index + 1]!
        expect(certificate.checkIssued(issuer)).toBe(true)
        expect(certificate.verify(issuer.publicKey)).toBe(true)
      }
    }
  })

  test('the cross-signed root and its twin have one name and one key', async () => {
    const { sent, newRoot } = await makeNewBlobChain(options)
    const [cross, twin] = [sent[2]!, newRoot].map(({ der }) => new X509Certificate(der))
    expect(cross!.subject).toBe(twin!.subject)
    expect(cross!.publicKey.equals(twin!.publicKey)).toBe(true)
    expect(cross!.issuer).not.toBe(twin!.issuer)
  })
})

function sizes(certificates: readonly { readonly der: Uint8Array }[]): number[] {
  return certificates.map(({ der }) => der.length)
}

function expectNear(made: readonly number[], real: readonly number[]): void {
  expect(made).toHaveLength(real.length)
  for (const [index, bytes] of made.entries()) {
    expect(
      Math.abs(bytes - real[index]!) / real[index]!,
      `certificate ${index}: ${bytes} for ${real[index]}`,
    ).toBeLessThanOrEqual(share)
  }
}

function realSizes(file: string): number[] {
  const text = readFileSync(join(import.meta.dirname, '../../test/fixtures/chains', file), 'utf8')
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((pem) => new X509Certificate(pem).raw.length)
}
