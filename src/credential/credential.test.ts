import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { parseCertificates } from '../x509/pem.ts'
import { credentialFormats, formatCredential } from './credential.ts'

const rootFile = (name: string) => parseCertificates(readFileSync(`roots/${name}.pem`), name)[0]!
const amazon1 = rootFile('amazon-root-ca-1')
const amazon3 = rootFile('amazon-root-ca-3')
const shape = (anchors: readonly (typeof amazon1)[]) => formatCredential('pem', anchors)

describe('anchors in the form that a device loads', () => {
  test('PEM is read by Node, one block an anchor, with LF alone', () => {
    const text = Buffer.from(shape([amazon1, amazon3]).files[0]!.bytes).toString('latin1')
    const blocks = text.split(/(?<=END CERTIFICATE-----\n)/)
    expect(blocks.map((block) => new X509Certificate(block).fingerprint256)).toEqual(
      [amazon1, amazon3].map(({ der }) => new X509Certificate(der).fingerprint256),
    )
    expect(text).not.toContain('\r')
  })

  test('DER is one file an anchor', () => {
    const { files } = formatCredential('der', [amazon1, amazon3], { name: 'ota' })
    expect(files.map(({ name }) => name)).toEqual(['ota_1.der', 'ota_2.der'])
    expect(files.map(({ bytes }) => decodeCertificate(bytes).sha256)).toEqual([
      amazon1.sha256,
      amazon3.sha256,
    ])
  })

  test('the size as stored is what the file holds', () => {
    const { files, stored } = shape([amazon1])
    expect(stored).toMatchObject([{ derBytes: 837, storedBytes: files[0]!.bytes.length, storedAs: 'pem' }])
  })

  test('no anchor is a problem in every format, and writes nothing', () => {
    for (const format of credentialFormats) {
      const { files, problems } = formatCredential(format, [])
      expect([files, problems.map(({ code }) => code)]).toEqual([[], ['no-anchor']])
    }
  })
})
