import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Scratch } from '../../test/support/openssl.ts'
import { processorMs } from '../../test/support/processor-time.ts'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { findCertificates } from './find-certificates.ts'
import { formatPem } from './pem.ts'

const azure = realChain('chain-edge-microsoft-com-g2')
const root = realRoot('isrg-root-x2')
const pem = formatPem(root.der)
const chainPem = azure.map(({ der }) => formatPem(der)).join('')
const hashes = azure.map(({ sha256 }) => sha256)
const scratch = new Scratch()
afterAll(() => scratch.remove())

const find = (input: string | Uint8Array) =>
  findCertificates(typeof input === 'string' ? Buffer.from(input) : input)
const found = (input: string | Uint8Array) => find(input).pieces.map((piece) => piece.certificate?.sha256)
const faults = (input: string | Uint8Array) => find(input).pieces.flatMap((piece) => piece.faults)

const hexArray = (bytes: Uint8Array) => [...bytes].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`)
const htmlEscaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('+', '&#43;').replaceAll('=', '&#x3D;').replaceAll('"', '&quot;')

describe('one root, as it comes', () => {
  test.each<[string, string | Uint8Array]>([
    ['plain', pem],
    ['with CRLF', pem.replaceAll('\n', '\r\n')],
    ['without a last newline', pem.trimEnd()],
    ['indented', pem.replace(/^/gm, '      ')],
    ['with blanks and blank lines inside', pem.replace(/^([^-]{20})(.+)$/gm, '$1 \t$2\n')],
    ['on one line, its line feeds written out', JSON.stringify(pem)],
    ['on one line, escaped twice', JSON.stringify(JSON.stringify(pem))],
    ['on one line without quotation marks', pem.replaceAll('\n', '\\n')],
    ['escaped for HTML', `<pre>${htmlEscaped(pem)}</pre>`],
    ['escaped for HTML with breaks', htmlEscaped(pem).replaceAll('\n', '<br/>\n')],
    ['escaped for a URL', encodeURIComponent(pem).replaceAll('-', '-')],
    ['quoted in a mail', pem.replace(/^/gm, '> ')],
    ['commented out', pem.replace(/^/gm, '// ')],
    ['in a log with times of the same width', pem.replace(/^/gm, '[00:00:01.123] ')],
    ['as C string pieces', `static const char root[] =\n${pem.replace(/^(.*)\n/gm, '"$1\\n"\n')};`],
    ['as C string pieces with CR LF', `const char root[] =\n${pem.replace(/^(.*)\n/gm, '"$1\\r\\n"\n')};`],
    ['as a macro', `#define ROOT \\\n${pem.replace(/^(.*)\n/gm, '    "$1\\n" \\\n')}`],
    ['as Java or Arduino sums', `String root = \n${pem.replace(/^(.*)\n/gm, '  "$1\\n" + // piece\n')};`],
    ['as a raw string', `const char root[] PROGMEM = R"EOF(\n${pem})EOF";`],
    ['as DER', root.der],
    ['as an array of bytes', `const uint8_t root[] = {\n  ${hexArray(root.der).join(', ')}\n};`],
    ['as an array of decimals', `const uint8_t root[] PROGMEM = {${[...root.der].join(',')}};`],
    [
      'as an array with comments',
      `uint8_t r[] = { /* SEQUENCE */ ${hexArray(root.der).join(',\n')} // end\n};`,
    ],
    ['as an array of the PEM', `unsigned char r[] = {${hexArray(Buffer.from(`${pem}\0`)).join(', ')}};`],
    [
      'as characters of the PEM',
      `char r[] = {${[...pem].map((c) => (c === '\n' ? "'\\n'" : `'${c}'`)).join(', ')}, 0};`,
    ],
    ['as an AT command', `AT+CFUN=4\r\nOK\r\nAT%CMNG=0,16842753,0,"${pem}"\r\nOK\r\n`],
    [
      'in plain hex',
      Buffer.from(root.der)
        .toString('hex')
        .replace(/(.{60})/g, '$1\n'),
    ],
    ['under its old label', pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE')],
    ['in UTF-16', Buffer.from(`\ufeff${pem}`, 'utf16le')],
  ])('%s', (_, input) => {
    expect(found(input)).toEqual([root.sha256])
    expect(faults(input)).toEqual([])
  })

  test('as xxd, xxd -i and hexdump print it', () => {
    const file = scratch.path('root.der')
    writeFileSync(file, root.der)
    const run = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: 'utf8' })
    const dumps = [run('hexdump', '-C', file), run('od', '-A', 'x', '-t', 'x1z', file)]
    for (const dump of dumps) expect(found(dump)).toEqual([root.sha256])
  })
})

describe('what openssl makes', () => {
  const p7 = (...args: string[]) => {
    writeFileSync(scratch.path('chain.pem'), chainPem)
    const options = ['crl2pkcs7', '-nocrl', '-certfile', scratch.path('chain.pem'), ...args]
    return execFileSync('openssl', options)
  }

  test('PKCS #7 in PEM and in DER gives its certificates, in the order of the file', () => {
    for (const input of [p7(), p7('-outform', 'DER')]) {
      const material = find(input)
      expect(material.form).toBe('pkcs7')
      expect(new Set(material.pieces.map(({ certificate }) => certificate?.sha256))).toEqual(new Set(hashes))
    }
  })

  test('PKCS #7 cut anywhere is a fault with an offset, never a throw', () => {
    const der = p7('-outform', 'DER')
    for (let length = 30; length < der.length; length += 397) {
      const { form, pieces } = find(der.subarray(0, length))
      if (form !== 'pkcs7') continue
      expect(pieces.flatMap((piece) => piece.faults).length).toBeGreaterThan(0)
    }
  })

  test('PKCS #12 is recognised, and nothing of it is read', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(scratch.path('k.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const selfSigned = [
      'req',
      '-x509',
      '-key',
      scratch.path('k.pem'),
      '-subj',
      '/CN=a',
      '-out',
      scratch.path('c.pem'),
    ]
    execFileSync('openssl', selfSigned, { stdio: 'ignore' })
    const export12 = [
      'pkcs12',
      '-export',
      '-inkey',
      scratch.path('k.pem'),
      '-in',
      scratch.path('c.pem'),
      '-passout',
      'pass:x',
    ]
    expect(find(execFileSync('openssl', export12))).toMatchObject({ form: 'pkcs12', pieces: [] })
  })
})

describe('damage is named', () => {
  const lines = pem.split('\n')
  test.each([
    ['no END', lines.slice(0, -2).join('\n'), { why: 'no-end' }],
    ['END of another label', pem.replace('END CERTIFICATE', 'END X509 CRL'), { why: 'other-end' }],
    [
      'END one dash short',
      pem.replace('END CERTIFICATE-----', 'END CERTIFICATE----'),
      { why: 'short-dashes' },
    ],
    ['two blocks on one line', pem.trimEnd() + pem, { why: 'joined' }],
    [
      'a stray character',
      pem.replace(lines[3]!, lines[3]!.replace(/.$/, '*')),
      { why: 'not-base64', line: 4 },
    ],
    ['a line lost', [...lines.slice(0, 4), ...lines.slice(5)].join('\n'), { why: 'short' }],
    ['a character lost', pem.replace(lines[4]!, lines[4]!.slice(1)), { why: 'padding' }],
  ])('%s', (_, input, expected) => expect(faults(input)).toContainEqual(expect.objectContaining(expected)))

  test('a certificate that is cut says how much of it is there', () => {
    const cut = formatPem(root.der.subarray(0, 300))
    expect(faults(cut)).toEqual([{ why: 'short', hasBytes: 300, needsBytes: root.der.length }])
  })

  test('DER that is cut says so too, in a file and in an array', () => {
    const cut = root.der.subarray(0, 300)
    const short = { why: 'short', hasBytes: 300, needsBytes: root.der.length }
    expect(faults(cut)).toEqual([short])
    expect(faults(`const uint8_t a[] = {${hexArray(cut).join(', ')}};`)).toEqual([short])
  })

  test('a certificate that does not parse says the field and the offset', () => {
    const der = Uint8Array.from(root.der)
    der[8] = 0x7f
    const [fault] = faults(formatPem(der))
    expect(fault).toMatchObject({ why: 'unreadable', offset: expect.any(Number), field: expect.any(String) })
  })

  test('text behind a block that was cut is no part of it', () => {
    const cut = `${lines.slice(0, 5).join('\n')}\nthe rest was lost here\n`
    const [piece] = find(cut).pieces
    expect(piece?.faults.map(({ why }) => why)).toEqual(['no-end', 'short'])
    expect(piece?.textBytes).toBe(lines.slice(0, 5).join('\n').length)
  })
})

describe('what it is meant for', () => {
  const asC = (name: string) => `static const char ${name}[] =\n${pem.replace(/^(.*)\n/gm, '"$1\\n"\n')};\n`
  const use = (input: string) => find(input).pieces[0]?.use

  test.each([
    ['a call', `${asC('blob')}client.setCACert(blob);`, { as: 'anchor', sure: 'certain', variable: 'blob' }],
    [
      'a field',
      `${asC('x')}esp_http_client_config_t c = { .url = u, .cert_pem = (const char *)x };`,
      { as: 'anchor' },
    ],
    ['the field of the own certificate', `${asC('root_x')}c.client_cert_pem = root_x;`, { as: 'own' }],
    ['a name', asC('root_ca_pem'), { as: 'anchor', sure: 'likely' }],
    ['a name in camel case', asC('rootCACertificate'), { as: 'anchor' }],
    ['the name of a client', asC('client_cert'), { as: 'own' }],
    ['a name that says nothing', asC('blob'), { as: 'other', variable: 'blob' }],
    ['Arduino', `const char ca_cert[] PROGMEM = R"(${pem})";`, { as: 'anchor', variable: 'ca_cert' }],
    [
      'an attribute',
      `const char ca_cert[] __attribute__((aligned(4))) = R"(${pem})";`,
      { variable: 'ca_cert' },
    ],
    [
      'a macro',
      `#define AWS_CERT_CA \\\n"${pem.replaceAll('\n', '\\n')}"`,
      { as: 'anchor', variable: 'AWS_CERT_CA' },
    ],
    ['a key of JSON', JSON.stringify({ rootCa: pem }), { as: 'anchor', variable: 'rootCa' }],
    ['AT%CMNG, type 0', `AT%CMNG=0,51966,0,"${pem}"`, { as: 'anchor', sure: 'certain' }],
    ['AT%CMNG, type 1', `AT%CMNG=0,51966,1,"${pem}"`, { as: 'own', sure: 'certain' }],
  ])('%s', (_, input, expected) => expect(use(input)).toMatchObject(expected))

  test.each([
    ['plain PEM', pem],
    ['a subject before it', `subject=CN = ISRG Root X2\nissuer=CN = ISRG Root X2\n${pem}`],
    ['what openssl x509 -text prints', `    Signature Value:\n        76:1b:2a\n${pem}`],
    ['a sentence', `this is my root CA:\n${pem}`],
  ])('%s says nothing of it', (_, input) => {
    expect(use(input)).toBeUndefined()
    expect(find(input).form).toBe('pem')
  })

  test('an array of PEM is ended by a zero, or not', () => {
    const array = (text: string) => `const unsigned char ca[] = {${hexArray(Buffer.from(text)).join(', ')}};`
    expect(find(array(pem)).pieces[0]?.unterminated).toBe(true)
    expect(find(array(`${pem}\0`)).pieces[0]?.unterminated).toBe(false)
  })

  test('a length that leaves out the NUL is found, one that counts it is not', () => {
    const call = (length: string) =>
      `${asC('ca')}mbedtls_x509_crt_parse(&crt, (const unsigned char *)ca, ${length});`
    expect(find(call('strlen(ca)')).lengthsWithoutNul).toEqual([
      { variable: 'ca', call: 'mbedtls_x509_crt_parse' },
    ])
    expect(find(call('sizeof(ca) - 1')).lengthsWithoutNul).toHaveLength(1)
    expect(find(call('strlen(ca) + 1')).lengthsWithoutNul).toEqual([])
    expect(find(call('sizeof(ca)')).lengthsWithoutNul).toEqual([])
  })
})

describe('line ends as stored', () => {
  const command = (content: string) => `AT%CMNG=0,1,0,"${content}"`
  const ends = (input: string) =>
    find(input).pieces.map(({ lineEnds, carriageReturns }) => [lineEnds, carriageReturns > 0])

  test("CR LF within a command of a transcript in LF is the credential's own", () => {
    const stored = pem.replaceAll('\n', '\r\n')
    const transcript = `AT\nOK\n${command(stored)}\nOK\n`
    expect(ends(transcript)).toEqual([['crlf', true]])
    // All but the one behind END.
    expect(find(transcript).pieces[0]?.carriageReturns).toBe(pem.split('\n').length - 2)
  })

  test('written out they are its own, whatever the transcript has', () => {
    const transcript = `AT\r\nOK\r\n${command(pem.replaceAll('\n', '\\r\\n'))}\r\nOK\r\n`
    expect(ends(transcript)).toEqual([['crlf', true]])
    expect(ends(command(pem.replaceAll('\n', '\\n')))).toEqual([['lf', false]])
  })

  test("where the whole transcript has CR LF, they may be the terminal's", () => {
    expect(ends(`AT\nOK\n${command(pem)}\nOK\n`.replaceAll('\n', '\r\n'))).toEqual([['crlf', false]])
  })

  test('the last line is ended, or not', () => {
    const endsLine = (input: string) => find(input).pieces[0]?.endsLine
    expect(endsLine(command(pem))).toBe(true)
    expect(endsLine(command(pem.trimEnd()))).toBe(false)
    expect(endsLine(command(pem.replaceAll('\n', '\\n')))).toBe(true)
    expect(endsLine(`const char a[] = ${pem.trimEnd().replace(/^(.*)$/gm, '"$1\\n"')};`)).toBe(true)
  })
})

describe('keys', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const write = (name: string, text: string) => {
    writeFileSync(scratch.path(name), text)
    return scratch.path(name)
  }
  const selfSigned = (key: string, name: string) =>
    execFileSync('openssl', ['req', '-x509', '-key', key, '-subj', `/CN=${name}`], { encoding: 'utf8' })
  const forms = {
    pkcs8: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    sec1: privateKey.export({ type: 'sec1', format: 'pem' }) as string,
  }
  const own = selfSigned(write('own.key', forms.pkcs8), 'own')

  test.each(Object.entries(forms))('a key as %s is compared with the certificates', (_, key) => {
    expect(find(own + key).secrets).toMatchObject([{ certificates: [0] }])
    expect(find(key + pem).secrets).toMatchObject([{ certificates: [] }])
    expect(find(key.replaceAll('\n', '\r\n') + own).secrets).toMatchObject([{ certificates: [0] }])
  })

  test('in C strings too', () => {
    const c = (name: string, text: string) =>
      `const char ${name}[] = ${text.replace(/^(.*)\n/gm, '"$1\\n"\n')};\n`
    const [secret] = find(c('cert', own) + c('key', forms.sec1)).secrets
    expect(secret).toMatchObject({ kind: 'EC PRIVATE KEY', certificates: [0], use: { variable: 'key' } })
  })

  test('an encrypted key cannot be compared', () => {
    const encrypted = privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-128-cbc',
      passphrase: 'x',
    })
    expect(find(own + encrypted).secrets).toMatchObject([
      { kind: 'ENCRYPTED PRIVATE KEY', certificates: undefined },
    ])
  })

  test('nothing of a key is in what is found', () => {
    const secretPart = forms.pkcs8.split('\n')[1]!
    const der = privateKey.export({ type: 'pkcs8', format: 'der' })
    const array = `const uint8_t key[] = {${hexArray(der).join(', ')}};`
    for (const input of [own + forms.pkcs8, forms.sec1, der, array, `${pem}${array}`]) {
      const material = find(input)
      expect(material.secrets).toHaveLength(1)
      const kept = JSON.stringify(material, (_, value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
      )
      expect(kept).not.toContain(secretPart.slice(0, 40))
      expect(kept).not.toContain(der.subarray(36, 66).toString('base64'))
    }
  })
})

describe('modem listings', () => {
  test('tag, type and hash of each row', () => {
    const sha = createHash('sha256').update(pem).digest('hex').toUpperCase()
    const { form, stored } = find(`AT%CMNG=1\n%CMNG: 16842753,0,"${sha}"\n%CMNG: 16842753,2\nOK\n`)
    expect(form).toBe('modem-commands')
    expect(stored).toEqual([
      { securityTag: 16842753, type: 0, sha256: sha.toLowerCase(), line: 2 },
      { securityTag: 16842753, type: 2, sha256: undefined, line: 3 },
    ])
  })
})

describe('hostile input', () => {
  test('every cut of a chain is read without a throw', () => {
    const text = Buffer.from(chainPem)
    for (let length = 0; length < text.length; length += 41) {
      const { pieces } = find(text.subarray(0, length))
      for (const piece of pieces)
        expect(piece.certificate !== undefined || piece.faults.length > 0).toBe(true)
    }
  })

  test('bytes changed at random never throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          chainPem,
          `const char a[] = "${pem.replaceAll('\n', '\\n')}";`,
          `AT%CMNG=0,1,0,"${pem}"`,
        ),
        fc.array(fc.tuple(fc.nat(9_000), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
        (text, changes) => {
          const bytes = Buffer.from(text)
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          find(bytes)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('any bytes at all never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void find(bytes)),
      { numRuns: 500 },
    )
  })

  test.each([
    ['BEGIN', '-----BEGIN CERTIFICATE-----\n'.repeat(100_000)],
    ['BEGIN without a label', '-----BEGIN'.repeat(200_000)],
    ['dashes', `-----BEGIN CERTIFICATE-----\n${'-'.repeat(2_000_000)}`],
    ['backslashes', `-----BEGIN CERTIFICATE-----"${'\\'.repeat(2_000_000)}`],
    ['quotation marks', `-----BEGIN CERTIFICATE-----${'"'.repeat(2_000_000)}-----END CERTIFICATE-----`],
    ['blanks', `-----BEGIN CERTIFICATE-----A${' '.repeat(2_000_000)}B`],
    ['braces', '{'.repeat(2_000_000)],
    ['open comments', '{/*'.repeat(500_000)],
    ['numbers without an end', `{${'1, '.repeat(600_000)}`],
    ['blanks in an array', `{ 1${' '.repeat(2_000_000)}x`],
    ['ampersands and angles', `-----BEGIN CERTIFICATE-----${'<&#'.repeat(600_000)}-----END CERTIFICATE-----`],
    ['commands', 'AT%CMNG=0,1,0,"'.repeat(100_000)],
    ['listings', '%CMNG: 1,0,"\n'.repeat(100_000)],
    ['lines of a session', `CONNECTED(00000003)\nCertificate chain\n${' 0 s:x\n   i:y\n'.repeat(100_000)}`],
    ['declarations', `${'a = '.repeat(140)}"-----BEGIN CERTIFICATE-----`.repeat(2_000)],
    ['calls', 'setCACert(a verification authentication '.repeat(40_000)],
    ['hex', `30 82 ${'00 '.repeat(600_000)}`],
  ])(
    'two megabytes of %s take a bounded time',
    (_, input) => {
      expect(processorMs(() => find(input))).toBeLessThan(6_000)
    },
    30_000,
  )
})
