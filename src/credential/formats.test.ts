import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limit } from '../../test/support/judge-devices.ts'
import { realRoot } from '../../test/support/real-certificates.ts'
import { small } from '../../test/support/small-pki.ts'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { explainCertificates } from '../io/explain-certificates.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { basicConstraints } from '../issue/certificate-extensions.ts'
import { issueCertificate } from '../issue/issue-certificate.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { findCertificates } from '../x509/find-certificates.ts'
import { formatPem } from '../x509/pem.ts'
import { type CredentialFormat, credentialFormats, formatCredential } from './credential.ts'

const x1 = realRoot('isrg-root-x1')
const amazon3 = realRoot('amazon-root-ca-3')
const catalogue = openCatalogue()
const stores = (id: string) => resolveDevice(id, catalogue).limits.storedAnchorBytes
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const codes = (format: CredentialFormat, anchors: readonly Certificate[], options = {}) =>
  formatCredential(format, anchors, options).problems.map(({ code }) => code)

describe('AT%CMNG', () => {
  const { files, stored, notes } = formatCredential('nrf-at', [x1, amazon3], {
    secTag: 42,
    storedLimit: stores('nrf9160@1.3.7'),
  })
  const text = textOf(files[0]!.bytes)

  test('each anchor is written under a tag of its own, after the modem went offline, and listed', () => {
    expect(text.match(/^AT.*$/gm)).toEqual([
      'AT+CFUN=4',
      'AT%CMNG=0,42,0,"-----BEGIN CERTIFICATE-----',
      'AT%CMNG=1,42,0',
      'AT%CMNG=0,43,0,"-----BEGIN CERTIFICATE-----',
      'AT%CMNG=1,43,0',
    ])
  })

  test('between the quotation marks is the PEM with LF alone, and nothing else', () => {
    const contents = [...text.matchAll(/AT%CMNG=0,\d+,0,"([^"]*)"\n/g)].map(([, content]) => content)
    expect(contents).toEqual([formatPem(x1.der), formatPem(amazon3.der)])
    expect(text).not.toContain('\r')
  })

  test('the hash to compare is that of what stands between the quotation marks', () => {
    const content = /AT%CMNG=0,42,0,"([^"]*)"/.exec(text)![1]!
    const hash = createHash('sha256').update(content).digest('hex')
    expect(stored.map(({ secTag }) => secTag)).toEqual([42, 43])
    expect(stored[0]!.storedSha256).toBe(hash)
    expect(notes.join('\n')).toContain(`%CMNG: 42,0,"${hash.toUpperCase()}"`)
  })

  test('a transcript of it with the answers is read back, and explain finds no fault in it', () => {
    const answers = stored.map((one) => `%CMNG: ${one.secTag},0,"${one.storedSha256!.toUpperCase()}"`)
    const transcript = `${text}${answers.join('\n')}\nOK\n`
    const { pieces, stored: listed } = findCertificates(Buffer.from(transcript))
    expect(
      pieces.map(({ certificate, faults, carriageReturns, endsLine, use }) => [
        certificate?.sha256,
        faults.length + carriageReturns,
        endsLine,
        use?.as,
      ]),
    ).toEqual([
      [x1.sha256, 0, true, 'anchor'],
      [amazon3.sha256, 0, true, 'anchor'],
    ])
    expect(listed.map(({ sha256 }) => sha256)).toEqual(stored.map(({ storedSha256 }) => storedSha256))
    expect(explain(transcript, 'nrf9160@1.3.7')).toEqual([])
  })

  test('a root that passes 4,096 bytes as PEM does not fit nRF9160', () => {
    const large = named('Large', 3_100)
    expect(codes('nrf-at', [large], { storedLimit: stores('nrf9160@1.3.7') })).toEqual(['too-large'])
    expect(codes('nrf-at', [x1], { storedLimit: stores('nrf9160@1.3.7') })).toEqual([])
  })

  test.each([-1, 1.5, 2_147_483_648, Number.NaN])('tag %s is refused, and nothing is written', (secTag) => {
    const { files: none, problems } = formatCredential('nrf-at', [x1], { secTag })
    expect([none, problems.map(({ code }) => code)]).toEqual([[], ['sec-tag']])
  })

  test('the last tag must fit too', () => {
    expect(codes('zephyr', [x1, amazon3], { secTag: 2_147_483_647 })).toEqual(['sec-tag'])
    expect(codes('zephyr', [x1], { secTag: 2_147_483_647 })).toEqual([])
  })
})

describe('SPWF04', () => {
  test('ISRG Root X1 fits 1,475 bytes as DER, and does not as PEM', () => {
    expect(codes('spwf04', [x1])).toEqual([])
    const [problem] = formatCredential('pem', [x1], { storedLimit: stores('spwf04sx') }).problems
    expect(problem).toMatchObject({ code: 'too-large' })
    expect(problem?.text).toMatch(
      /takes 1939 bytes as PEM, the device stores 1475; as DER it takes 1391 and fits/,
    )
  })

  test('two anchors count together', () => {
    expect(codes('spwf04', [x1, amazon3])).toEqual(['too-large'])
  })

  test('the commands announce the bytes of each file, and the notes the key identifier to see', () => {
    const { files, notes } = formatCredential('spwf04', [x1])
    expect(textOf(files[0]!.bytes)).toBe('AT+S.TLSCERT=content,2\nAT+S.TLSCERT=ca,1391\n')
    expect(files[1]!.bytes).toEqual(x1.der)
    expect(notes.join('\n')).toContain('AT-S.SubjectKeyId:79:B4:59:E6:7B:B6:E5:E4:01:73')
  })

  test('a root without a key identifier is told', () => {
    expect(codes('spwf04', [small({ name: 'Old', ca: true })])).toEqual(['not-in-format'])
  })
})

test('the lines for the shell of Zephyr fit its buffer and hold the DER', () => {
  const shell = formatCredential('zephyr', [x1, amazon3], { secTag: 7 }).files.find(({ name }) =>
    name.endsWith('.shell'),
  )!
  const lines = textOf(shell.bytes).trimEnd().split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(256)
  const stored: string[] = []
  let buffer = ''
  for (const line of lines) {
    if (line === 'cred buf clear') buffer = ''
    else if (line.startsWith('cred buf ')) buffer += line.slice(9)
    else if (line.startsWith('cred add ')) {
      const hash = createHash('sha256').update(Buffer.from(buffer, 'base64')).digest('hex')
      stored.push(`${line.slice(9)} ${hash}`)
    }
  }
  expect(stored).toEqual([`7 CA DEFAULT BIN ${x1.sha256}`, `8 CA DEFAULT BIN ${amazon3.sha256}`])
})

describe('ESP-IDF bundle', () => {
  const names = (anchors: readonly Certificate[], pick: string) =>
    formatCredential('esp-idf-bundle', anchors).files.find(({ name }) => name.includes(pick))!.bytes
  const { der } = amazon3.subject
  const { spki } = amazon3.publicKey

  test('counted: u16 of certificates, then lengths, subject and key, big-endian', () => {
    const expected = [0, 1, der.length >> 8, der.length & 255, spki.length >> 8, spki.length & 255]
    expect([...names([amazon3], '_counted.bin')]).toEqual([...expected, ...der, ...spki])
  })

  test('indexed: offsets first, all little-endian', () => {
    const expected = [4, 0, 0, 0, der.length & 255, der.length >> 8, spki.length & 255, spki.length >> 8]
    expect([...names([amazon3], '_indexed.bin')]).toEqual([...expected, ...der, ...spki])
  })

  test('the order of the anchors given does not matter', () => {
    const three = [x1, amazon3, realRoot('usertrust-ecc')]
    for (const pick of ['_counted.bin', '_indexed.bin']) {
      expect(names([...three].reverse(), pick)).toEqual(names(three, pick))
    }
  })

  test('a name that two bytes cannot measure is told, and only the PEM written', () => {
    const { files, problems } = formatCredential('esp-idf-bundle', [named('Endless', 66_000)])
    expect(problems.map(({ code }) => code)).toEqual(['not-in-format'])
    expect(files.map(({ name }) => name)).toEqual(['root_ca.pem'])
  })

  test('another key under one subject cannot be held; the same key twice is held once', () => {
    const first = small({ name: 'Twin', ca: true, key: 'one' })
    const second = small({ name: 'Twin', ca: true, key: 'two' })
    expect(codes('esp-idf-bundle', [first, second])).toEqual(['not-in-format'])
    expect(codes('esp-idf-bundle', [first, first])).toEqual([])
    expect(names([first, first], '_counted.bin')).toEqual(names([first], '_counted.bin'))
  })
})

describe('every format', () => {
  test('a leaf as anchor is a problem', () => {
    const ca = small({ name: 'CA', ca: true })
    const leaf = small({ name: 'ota.example', issuer: ca, altNames: ['ota.example'] })
    for (const format of credentialFormats) expect(codes(format, [leaf])).toContain('not-a-ca')
    expect(codes('pem', [ca])).toEqual([])
  })

  test('the sizes are those of the bytes to store', () => {
    const sizes = credentialFormats.map((format) => {
      const [one] = formatCredential(format, [amazon3]).stored
      return [format, one?.derBytes, one?.storedAs, one?.storedBytes]
    })
    const pem = formatPem(amazon3.der).length
    const nameAndKey = 4 + amazon3.subject.der.length + amazon3.publicKey.spki.length
    expect(sizes).toEqual([
      ['nrf-at', 442, 'pem', pem],
      ['esp-idf-bundle', 442, 'name-and-key', nameAndKey],
      ['c-header', 442, 'pem-with-nul', pem + 1],
      ['zephyr', 442, 'der', 442],
      ['arduino', 442, 'pem-with-nul', pem + 1],
      ['tinyclr', 442, 'der', 442],
      ['spwf04', 442, 'der', 442],
      ['pem', 442, 'pem', pem],
      ['der', 442, 'der', 442],
    ])
  })

  test('an old root of version 1 is no leaf', () => {
    expect(codes('pem', [{ ...x1, version: 1, isCa: false }])).toEqual([])
    expect(codes('pem', [{ ...x1, isCa: false }])).toEqual(['not-a-ca'])
  })

  test('what fills the store to the last byte fits, one more does not', () => {
    const at = (value: number) => codes('der', [amazon3], { storedLimit: limit({ value, counts: 'stored' }) })
    expect([at(442), at(441)]).toEqual([[], ['too-large']])
  })

  test('no limit is made up where none is known', () => {
    const unlimited = { storedLimit: limit({ value: 'unlimited', counts: 'stored' }) }
    expect(formatCredential('der', [amazon3], unlimited)).toMatchObject({ limit: undefined, problems: [] })
    expect(formatCredential('der', [amazon3]).limit).toBeUndefined()
  })

  test('between disputed figures it may be too large', () => {
    const storedLimit = limit({
      value: 400,
      counts: 'stored',
      disputed: [{ value: 500, source: 'other', confidence: 'documented' }],
    })
    expect(codes('der', [amazon3], { storedLimit })).toEqual(['may-be-too-large'])
  })

  test('explain reads every anchor back out of what is written as source, and finds no fault', () => {
    for (const format of ['c-header', 'arduino', 'tinyclr', 'pem'] as const) {
      const [file] = formatCredential(format, [x1, amazon3]).files
      const found = findCertificates(file!.bytes).pieces.map(({ certificate }) => certificate?.sha256)
      expect(new Set(found)).toEqual(new Set([x1.sha256, amazon3.sha256]))
      expect(explain(textOf(file!.bytes), undefined)).toEqual([])
    }
  })

  test('whatever a certificate is called, its name stays in comments of plain text', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc
        .array(
          fc.constantFrom(
            '*/',
            '/*',
            '//',
            '\\',
            '"',
            "'",
            '\n',
            '\r',
            '??/',
            '-----BEGIN CERTIFICATE-----',
            'AT%CMNG=0,1,0,"',
            '\u202e',
            '\0',
            '%',
            '`',
            '$(id)',
            '-',
            'é',
            'Root',
          ),
          { maxLength: 12 },
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(name, (cn) => {
        const anchor = named(cn)
        for (const format of credentialFormats) {
          const { files, notes, problems, stored } = formatCredential(format, [anchor])
          for (const file of files) {
            expect(file.name).toMatch(/^[A-Za-z][A-Za-z0-9_.]*$/)
            if (/\.(der|bin)$/.test(file.name)) continue
            const lines = textOf(file.bytes).split('\n')
            for (const line of lines) expect(line).toMatch(harmlessLine)
          }
          const said = [
            ...notes,
            ...problems.map(({ text }) => text),
            ...stored.map(({ subject }) => subject),
            ...files.map(({ about }) => about),
          ]
          for (const one of said) expect(one).toMatch(/^[ -~]+$/)
          expect(stored[0]!.subject).toMatch(/^(?!.*--)[A-Za-z0-9 .,:=()'@_-]{1,64}$/)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('whatever the base name is, file names and variables are identifiers', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        for (const format of credentialFormats) {
          const { files } = formatCredential(format, [amazon3], { name })
          for (const file of files) expect(file.name).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,60}\.[a-z]+$/)
        }
        const [header] = formatCredential('c-header', [amazon3], { name }).files
        expect(textOf(header!.bytes)).toMatch(/^static const char [A-Za-z]\w*_pem\[\] =$/m)
      }),
      { numRuns: 100 },
    )
  })
})

/** Every kind of line that the text formats write; of a name only what `plainText` leaves may stand in a comment. */
const plain = "[A-Za-z0-9 .,:=()'@_-]*"
const harmlessLine = new RegExp(
  `^(?:${[
    '',
    `/\\* ${plain} \\*/`,
    `    // ${plain}`,
    '/\\* [^*/"]*">H"[^*/"]* \\*/',
    '#(?:ifndef|define|endif|include|ifdef|else)[ A-Za-z0-9_<>/.*=-]*',
    '    "[A-Za-z0-9+/= -]*\\\\n";?',
    '    (?:    )?(?:0x[0-9a-f]{2}, ?)+',
    '[A-Za-z0-9+/=-]{1,64}',
    '-----(?:BEGIN|END) CERTIFICATE-----',
    'AT[+%]CMNG=[01],\\d+,0(?:,"-----BEGIN CERTIFICATE-----)?',
    'AT\\+CFUN=4',
    '"',
    'AT\\+S\\.TLSCERT=(?:content,2|ca,\\d+)',
    'cred (?:buf [A-Za-z0-9+/=]+|buf clear|add \\d+ CA DEFAULT BIN|list \\d+ CA)',
    '(?:static|public|    public|    static) [A-Za-z0-9_ \\[\\]{}=,();]*',
    '(?:static const unsigned char) \\w+\\[\\] __attribute__\\(\\(aligned\\(4\\)\\)\\) = {',
    ' *[{}];?',
    '/\\*| \\*/?| \\*  ? ?(?:ESP32|ESP8266):| \\*   [A-Za-z0-9:_ ;.&()/,]*',
    '    int err = 0;|    return err;|    if \\(err == 0\\) {|        err = tls_credential_add\\(42, TLS_CREDENTIAL_CA_CERTIFICATE,| {33}root_ca_cert, sizeof\\(root_ca_cert\\)\\);',
    '// Trust anchors, written by tlsfit\\.',
  ].join('|')})$`,
)

function explain(text: string, device: string | undefined) {
  return explainCertificates({
    bytes: Buffer.from(text),
    name: 'in.txt',
    devices: device === undefined ? [] : [resolveDevice(device, catalogue)],
    catalogue,
    knownRoots: openKnownRoots(),
    anchors: undefined,
    sni: undefined,
    now: new Date('2026-09-01'),
    verify: 'full',
  }).findings
}

/** A CA of any name; `padBytes` more in an organization. */
function named(name: string, padBytes = 0): Certificate {
  const { key } = small({ name: 'key of any name', ca: true }).issued
  const { der } = issueCertificate({
    subject: [['CN', name], ...(padBytes === 0 ? [] : ([['O', 'x'.repeat(padBytes)]] as const))],
    key,
    issuer: undefined,
    hash: 'sha256',
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2036-01-01'),
    serialBytes: 16,
    keyIds: true,
    extensions: [basicConstraints(true)],
    seed: name,
  })
  return decodeCertificate(der)
}
