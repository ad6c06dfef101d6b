import { decodeCertificate } from '../../src/x509/decode-certificate.ts'
import { DerReader } from '../../src/x509/der.ts'
import { findCertificates } from '../../src/x509/find-certificates.ts'
import { looksLikeCertificates } from '../../src/x509/looks-like-certificates.ts'
import { decodeText, formatPem, PemError, parseCertificates, parsePem } from '../../src/x509/pem.ts'
import { decodePkcs7, kindOfCutDer, kindOfDer } from '../../src/x509/pkcs7.ts'
import { type FuzzTarget, must } from '../fuzz-target.ts'
import { seedFiles, seedText } from '../seed-files.ts'
import { about, decoded } from './decode.ts'

const derWords = [
  ...[
    '3000',
    '3080',
    '30818030',
    '3082ffff',
    '3084ffffffff',
    '0500',
    '0101ff',
    '020100',
    '02820000',
    '1f8100',
  ],
  ...['a003020102', '0603551d13', '0603551d11', '0603551d0f', '0603551d25', '0603551d1e', '06032b6570'],
  ...[
    '170d3236303130313030303030305a',
    '180f32303236303133313235363036315a',
    '300606022a030500',
    '8704c0000201',
  ],
].map((hex) => Buffer.from(hex, 'hex'))

const der: FuzzTarget = {
  name: 'der',
  shortCases: 8_000,
  open: () => ({
    seeds: certificates(1_400),
    words: derWords,
    text: false,
    maxBytes: 8_000,
    maxMs: 60,
    run: (input) => {
      let elements = 0
      const walk = (reader: DerReader): void => {
        while (!reader.atEnd) {
          const element = reader.any('element')
          elements++
          must(
            element.end - element.start === element.bytes.length,
            'an element is as long as its offsets say',
          )
          must(element.valueStart >= element.start, 'a value lies in its element')
          if ((element.tag & 0x20) !== 0) walk(reader.inside(element, 'element'))
        }
      }
      const end = decoded(() => {
        walk(new DerReader(input, 'file', new Set()))
        return 'read'
      })
      return `${about(elements)} ${end.replaceAll('.element', '')} ${end.length >> 4}`
    },
  }),
}

const certificate: FuzzTarget = {
  name: 'certificate',
  shortCases: 4_000,
  open: () => ({
    seeds: certificates(1_400),
    words: derWords,
    text: false,
    maxBytes: 8_000,
    maxMs: 80,
    run: (input) =>
      decoded(() => {
        const { tbs, extensions, notBefore, oddities, der } = decodeCertificate(input)
        must(der.length <= input.length, 'a certificate is no longer than what holds it')
        must(0 <= tbs.start && tbs.start <= tbs.end && tbs.end <= der.length, 'what is signed lies in it')
        must(!Number.isNaN(notBefore.getTime()), 'dates are dates')
        const inside = extensions.every(({ range }) => range.start <= range.end && range.end <= der.length)
        must(inside, 'extensions lie in it')
        return `read ${about(extensions.length)} ${oddities.join()}`
      }),
  }),
}

const pkcs7: FuzzTarget = {
  name: 'pkcs7',
  shortCases: 4_000,
  open: () => ({
    seeds: [pkcs7Of(certificates(1_000).slice(0, 1)), pkcs7Of([]), ...certificates(1_000).slice(0, 1)],
    words: derWords,
    text: false,
    maxBytes: 8_000,
    maxMs: 60,
    run: (input) =>
      `${kindOfDer(input)} ${kindOfCutDer(input)} ${decoded(() => `${about(decodePkcs7(input).length)}`)}`,
  }),
}

const pem: FuzzTarget = {
  name: 'pem',
  shortCases: 1_500,
  open: () => ({
    seeds: [
      ...seedFiles('test/fixtures/chains', '.pem', 2_500),
      ...seedText(
        '-----BEGIN CERTIFICATE-----\r\nMAA=\r\n-----END CERTIFICATE-----\r\n',
        'const char a[] = "-----BEGIN CERTIFICATE-----\\nMAA=\\n-----END CERTIFICATE-----\\n";\n',
        '-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n',
      ),
    ],
    words: pemWords,
    text: true,
    maxBytes: 12_000,
    maxMs: 80,
    run(input) {
      try {
        const text = decodeText(input)
        const blocks = parsePem(text)
        for (const { label, der } of blocks) {
          if (der.length === 0) continue
          const [again, ...more] = parsePem(formatPem(der, label))
          must(again !== undefined && more.length === 0, 'a block written is one block')
          must(Buffer.from(again.der).equals(der), 'a block written and read is the same')
        }
        return `${about(blocks.length)} blocks, ${about(parseCertificates(input, 'file').length)} certificates`
      } catch (error) {
        if (error instanceof PemError)
          return `${error.code} ${error.message.replaceAll(/[^a-z]+/g, ' ').slice(0, 60)}`
        throw error
      }
    },
  }),
}

const pemWords = [
  ...[
    '-----BEGIN CERTIFICATE-----',
    '-----END CERTIFICATE-----',
    '-----BEGIN TRUSTED CERTIFICATE-----',
    '-----',
  ],
  ...[
    '-----BEGIN EC PRIVATE KEY-----',
    '-----END EC PRIVATE KEY-----',
    '-----BEGIN PKCS7-----',
    '-----END PKCS7-----',
  ],
  ...[
    '\\n"',
    '\\r\\n',
    '"',
    '=',
    '==',
    'MII',
    'AT%CMNG=0,42,0,"',
    '{0x30, 0x82, 0x01}',
    '0x30,',
    'Server certificate\n',
  ],
  ...[
    'unsigned char a[] = {',
    '};',
    'static const char b[] PROGMEM = R"EOF(',
    ')EOF";',
    '---\n',
    'subject=CN = a\n',
  ],
]

const paste: FuzzTarget = {
  name: 'certificate-paste',
  shortCases: 500,
  open: () => ({
    seeds: [
      ...seedFiles('test/fixtures/chains', '.pem', 2_500),
      ...certificates(900),
      ...certificates(900).map(arrayOf),
      ...certificates(900).map((der) => Buffer.from(`AT%CMNG=0,42,0,"${formatPem(der)}"\r\nOK\r\n`)),
      ...seedText('%CMNG: 42,0,"0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"\r\nOK\r\n'),
      ...seedText(
        'CONNECTED(00000003)\n---\nCertificate chain\n 0 s:CN = a\n   i:CN = b\n---\nServer certificate\n',
      ),
    ],
    words: pemWords,
    text: true,
    maxBytes: 12_000,
    maxMs: 300,
    run(input) {
      looksLikeCertificates(input)
      const { form, pieces, secrets, others, bounded } = findCertificates(input)
      for (const { certificate, der, faults } of pieces) {
        if (certificate !== undefined)
          must(certificate.der.length <= der.length, 'a certificate lies in its piece')
        must(Array.isArray(faults), 'a piece tells its faults')
      }
      const faults = [...new Set(pieces.flatMap((piece) => piece.faults.map(({ why }) => why)))].sort()
      return `${form} ${about(pieces.length)} ${about(secrets.length)} ${about(others.length)} ${bounded} ${faults}`
    },
  }),
}

/** Of the fixtures, in DER, the smaller ones. */
function certificates(mostBytes: number): Uint8Array[] {
  const all = seedFiles('test/fixtures/chains', '.pem', 40_000).flatMap((file) =>
    parseCertificates(file, 'fixture'),
  )
  const small = new Map(
    all.filter(({ der }) => der.length <= mostBytes).map(({ sha256, der }) => [sha256, der]),
  )
  return [...small.values()]
}

function arrayOf(der: Uint8Array): Uint8Array {
  const bytes = [...der].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`)
  return Buffer.from(`const unsigned char ca[] = {\n${bytes.join(', ')}\n};\n`)
}

/** SignedData with those certificates and nothing signed, RFC 2315 §9.1. */
function pkcs7Of(inside: readonly Uint8Array[]): Uint8Array {
  const oid = (hex: string) => element(0x06, Buffer.from(hex, 'hex'))
  const data = element(0x30, oid('2a864886f70d010701'))
  const parts = [element(0x02, Buffer.of(1)), element(0x31), data, element(0xa0, ...inside), element(0x31)]
  return element(0x30, oid('2a864886f70d010702'), element(0xa0, element(0x30, ...parts)))
}

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  const length = value.length < 0x80 ? [value.length] : [0x82, value.length >> 8, value.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), value])
}

export const x509: readonly FuzzTarget[] = [der, certificate, pkcs7, pem, paste]
