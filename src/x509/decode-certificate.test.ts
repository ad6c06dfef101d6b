import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { realCertificates, realChain, realRoot } from '../../test/support/real-certificates.ts'
import { DecodeError } from '../codec/decode-error.ts'
import type { Certificate } from './certificate.ts'
import { decodeCertificate, MAX_CERTIFICATE_BYTES } from './decode-certificate.ts'

const real = realCertificates()

describe('decoded fields agree with OpenSSL for every real certificate', () => {
  test('there are enough of them', () => expect(real.length).toBeGreaterThan(130))

  test.each(
    real.map((certificate) => [certificate.subject.text.slice(-60), certificate] as const),
  )('%s', (_, ours) => {
    const theirs = new X509Certificate(ours.der)
    expect(ours.sha256).toBe(theirs.fingerprint256.replaceAll(':', '').toLowerCase())
    expect(ours.serialHex).toBe(theirs.serialNumber.toLowerCase().padStart(2, '0'))
    expect(ours.notBefore).toEqual(new Date(theirs.validFrom))
    expect(ours.notAfter).toEqual(new Date(theirs.validTo))
    expect(ours.isCa).toBe(theirs.ca)
    expect(ours.selfIssued).toBe(theirs.subject === theirs.issuer)
    expect(subjectLines(ours)).toEqual(unescapeLines(theirs.subject))
    expect(altNames(ours)).toEqual(withoutDirectoryNames(theirs.subjectAltName))
    expect(keyOf(ours)).toEqual(theirKey(theirs))
    expect(ours.publicKey.spki).toEqual(
      new Uint8Array(theirs.publicKey.export({ format: 'der', type: 'spki' })),
    )
  })
})

describe('what a certificate says', () => {
  const [leaf, issuing, bridge] = realChain('chain-edge-microsoft-com-g2') as [
    Certificate,
    Certificate,
    Certificate,
  ]

  test('a Microsoft leaf: names, purposes, key ids, timestamps', () => {
    expect(leaf.subject.commonName).toBe('edge.microsoft.com')
    expect(leaf.subjectAltNames[0]).toEqual({ kind: 'dns', value: 'edge.microsoft.com' })
    expect(leaf.extendedKeyUsage).toContain('serverAuth')
    expect(leaf.keyUsage).toContain('digitalSignature')
    expect(leaf.authorityKeyId).toBe(issuing.subjectKeyId)
    expect(leaf.sctCount).toBeGreaterThan(0)
    expect(leaf.isCa).toBe(false)
    expect(leaf.publicKey).toMatchObject({ kind: 'rsa', bits: 2048 })
    expect(leaf.oddities).toEqual([])
  })

  test('an intermediate: CA, path length, signature algorithm', () => {
    expect(issuing.isCa).toBe(true)
    expect(issuing.pathLength).toBe(0)
    expect(issuing.keyUsage).toContain('keyCertSign')
    expect(issuing.signatureAlgorithm).toBe('sha384WithRSAEncryption')
    expect(bridge.issuer.commonName).toBe('DigiCert Global Root G2')
    expect(bridge.selfIssued).toBe(false)
  })

  test('keys: bits of the modulus, curves by their TLS names', () => {
    expect(realRoot('digicert-tls-rsa4096-root-g5').publicKey).toMatchObject({ kind: 'rsa', bits: 4096 })
    expect(realRoot('amazon-root-ca-3').publicKey).toMatchObject({ curve: 'secp256r1', bits: 256 })
    expect(realRoot('isrg-root-x2').publicKey).toMatchObject({ curve: 'secp384r1', bits: 384 })
  })

  test('ranges point at the bytes they name', () => {
    for (const { der, tbs, extensions } of real) {
      expect(der[tbs.start]).toBe(0x30)
      for (const { range, value } of extensions) {
        expect(der[range.start]).toBe(0x30)
        expect(Buffer.from(der.subarray(range.end - value.length, range.end)).equals(value)).toBe(true)
        expect(range.start).toBeGreaterThan(tbs.start)
        expect(range.end).toBeLessThanOrEqual(tbs.end)
      }
    }
  })
})

describe('odd but readable', () => {
  const root = realRoot('isrg-root-x2')

  test('bytes after the certificate are kept and named', () => {
    const longer = decodeCertificate(Buffer.concat([root.der, Buffer.from([0, 1, 2])]))
    expect(longer.oddities).toContain('bytes after the certificate')
    expect(longer.der.length).toBe(root.der.length + 3)
    expect(longer.subject.text).toBe(root.subject.text)
  })

  test('an extension sent twice counts once', () => {
    const twice = patched(root, (bytes) => {
      // keyUsage (2.5.29.15) becomes a second basicConstraints (2.5.29.19).
      bytes[bytes.indexOf(Buffer.from('0603551d0f', 'hex')) + 4] = 0x13
    })
    expect(twice.oddities).toContain('extension basicConstraints twice')
    expect(twice.keyUsage).toBeUndefined()
  })

  test('an extension that cannot be read is named, the rest stays', () => {
    const broken = patched(root, (bytes) => {
      // The SEQUENCE of basicConstraints becomes a SET.
      const at = bytes.indexOf(Buffer.from('0603551d13', 'hex'))
      bytes[bytes.indexOf(0x30, at)] = 0x31
    })
    expect(broken.oddities).toContain('unreadable basicConstraints')
    expect(broken.isCa).toBe(false)
    expect(broken.subject.text).toBe(root.subject.text)
  })

  test('a negative serial number is read', () => {
    const negative = patched(root, (bytes) => {
      bytes[bytes.indexOf(0x02, 13) + 2] = 0x80
    })
    expect(negative.oddities).toContain('a negative serial number')
  })
})

describe('unreadable', () => {
  test('an indefinite length is refused', () => {
    expect(codeOf(Uint8Array.of(0x30, 0x80, 0x00, 0x00))).toBe('length')
  })

  test('more than a mebibyte is refused before it is looked at', () => {
    expect(codeOf(new Uint8Array(MAX_CERTIFICATE_BYTES + 1))).toBe('too-large')
  })

  test('a certificate cut at any byte is a DecodeError', () => {
    for (const name of [
      'chain-edge-microsoft-com-g2',
      'chain-aws-s3-eu-west-1',
      'chain-badssl-self-signed',
    ]) {
      const { der } = realChain(name)[0]!
      for (let end = 0; end < der.length; end++) expect(codeOf(der.subarray(0, end))).toBeDefined()
    }
  })
})

test('no change of real certificates makes the decoder throw anything but DecodeError', () => {
  const change = fc.record({
    at: fc.nat(),
    byte: fc.nat(255),
    cut: fc.nat(8),
    insert: fc.uint8Array({ maxLength: 4 }),
  })
  fc.assert(
    fc.property(
      fc.nat(real.length - 1),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (which, changes) => {
        let bytes = Buffer.from(real[which]!.der)
        for (const { at, byte, cut, insert } of changes) {
          const place = at % (bytes.length + 1)
          const rest = bytes.subarray(Math.min(place + cut, bytes.length))
          bytes = Buffer.concat([bytes.subarray(0, place), insert, rest])
          if (bytes.length > 0) bytes[at % bytes.length] = byte
        }
        codeOf(bytes)
      },
    ),
    { numRuns: 6_000 },
  )
})

test('every byte of a certificate may be any of eight values', () => {
  const { der } = realRoot('isrg-root-x2')
  for (let at = 0; at < der.length; at++) {
    for (const value of [0x00, 0x01, 0x7f, 0x80, 0x84, 0xa0, 0xff, der[at]! ^ 0x20]) {
      const bytes = Uint8Array.from(der)
      bytes[at] = value
      codeOf(bytes)
    }
  }
})

/** Code of the DecodeError; undefined when it decodes. Anything else is thrown on. */
function codeOf(bytes: Uint8Array): string | undefined {
  try {
    decodeCertificate(bytes)
    return undefined
  } catch (error) {
    if (error instanceof DecodeError) return error.code
    throw error
  }
}

function patched(certificate: Certificate, change: (bytes: Buffer) => void): Certificate {
  const bytes = Buffer.from(certificate.der)
  change(bytes)
  return decodeCertificate(bytes)
}

/** Attributes that Node abbreviates in another way. */
const nodeNames: Readonly<Record<string, string>> = { STREET: 'street' }

function subjectLines({ subject }: Certificate): string[] {
  return subject.attributes.map(({ type, value }) => `${nodeNames[type] ?? type}=${value}`)
}

/** Node escapes as RFC 2253 does. */
function unescapeLines(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/\\([,+"\\<>;# ])/g, '$1'))
}

function altNames({ subjectAltNames }: Certificate): string | undefined {
  const known = {
    dns: 'DNS',
    ip: 'IP Address',
    email: 'email',
    uri: 'URI',
    directory: 'DirName',
    other: 'othername',
  }
  const lines = subjectAltNames.map(({ kind, value }) =>
    kind === 'directory' ? known[kind] : `${known[kind]}:${value}`,
  )
  return lines.length === 0 ? undefined : lines.join(', ')
}

/** Node writes a directoryName as text, we as hex. */
function withoutDirectoryNames(text: string | undefined): string | undefined {
  return text?.replace(/DirName:"[^"]*"/g, 'DirName')
}

function keyOf({ publicKey }: Certificate): unknown {
  return publicKey.kind === 'rsa'
    ? ['rsa', publicKey.bits]
    : ['ec', publicKey.kind === 'ec' && publicKey.curve]
}

function theirKey({ publicKey }: X509Certificate): unknown {
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKey
  const curve = asymmetricKeyDetails?.namedCurve
  return asymmetricKeyType === 'rsa'
    ? ['rsa', asymmetricKeyDetails?.modulusLength]
    : ['ec', curve === 'prime256v1' ? 'secp256r1' : curve]
}
