import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Scratch } from '../../test/support/openssl.ts'
import { processorMs } from '../../test/support/processor-time.ts'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { fixture } from '../../test/support/tlsfit.ts'
import { resolveDevice } from '../device/catalogue.ts'
import type { FindingOf } from '../finding/finding.ts'
import { certificatesJson } from '../report/certificates-json.ts'
import { formatCertificates } from '../report/certificates-text.ts'
import { formatPem } from '../x509/pem.ts'
import { openCatalogue } from './catalogue-files.ts'
import { explainCertificates } from './explain-certificates.ts'
import { InputError } from './input-error.ts'
import { openKnownRoots } from './root-files.ts'

const catalogue = openCatalogue()
const knownRoots = openKnownRoots()
const scratch = new Scratch()
afterAll(() => scratch.remove())

const azure = realChain('chain-edge-microsoft-com-g2')
const azureText = readFileSync(fixture('chains/chain-edge-microsoft-com-g2.pem'), 'utf8')
const leaf = formatPem(azure[0]!.der)
const root = formatPem(realRoot('digicert-global-root-g2').der)

function explain(
  input: string | Uint8Array,
  { name = 'in.pem', devices = [] as string[], at = '2026-09-01' } = {},
) {
  return explainCertificates({
    bytes: typeof input === 'string' ? Buffer.from(input) : input,
    name,
    devices: devices.map((id) => resolveDevice(id, catalogue)),
    catalogue,
    knownRoots,
    anchors: undefined,
    sni: undefined,
    now: new Date(at),
    verify: 'full',
  })
}

const text = (explained: ReturnType<typeof explain>) =>
  formatCertificates(explained, { color: false, columns: 80 })
const ids = (explained: ReturnType<typeof explain>) => explained.findings.map(({ id }) => id)
const effects = (explained: ReturnType<typeof explain>, id: string) =>
  explained.findings.filter((finding) => finding.id === id).map(({ effect }) => effect)
const flat = (page: string) => page.replace(/\s+/g, ' ')
const cString = (name: string, pem: string) =>
  `static const char ${name}[] =\n${pem.replace(/^(.*)\n/gm, '"$1\\n"\n')};\n`

describe('the first case: the size of the text is not the size that counts', () => {
  // The size that was taken for the chain's: PEM with the words of s_client around it.
  const padded = `${azureText}${'#'.repeat(11_642 - azureText.length - 1)}\n`

  test('text, PEM and DER are told apart', () => {
    const explained = explain(padded)
    expect(explained.sizes).toMatchObject({ inputBytes: 11_642, chainBytes: 5_753, messageBytes: 5_769 })
    expect(flat(text(explained))).toMatch(
      /11,642 is text: 7,9\d\d bytes of PEM and 3,\d{3} around it; the 3 certificates are 5,753 bytes of DER/,
    )
  })

  test('with the device, the verdict is that of the chain, and the limit is held against the DER', () => {
    const explained = explain(padded, { devices: ['nrf9160@1.3.7'] })
    expect(explained.verdicts).toHaveLength(1)
    expect(explained.verdicts[0]).toMatchObject({ stage: 'chain' })
    const shown = flat(text(explained))
    expect(shown).toContain('takes a chain of 4,096 bytes')
    expect(shown).toContain('what it counts is DER, so 5,753, and not the text')
    expect(shown).toContain('needs 2 certificates, 4,332 bytes')
  })

  test('without a device, the missing part is the device', () => {
    expect(explain(azureText).missing).toEqual([{ needs: 'device' }])
    expect(text(explain(azureText))).toContain('tlsfit explain in.pem --device <id>')
  })
})

describe('what a chain lacks, or has too much', () => {
  test('a clean chain has nothing but its sizes', () =>
    expect(ids(explain(azureText))).toEqual(['pem-text-size']))

  test('the wrong order, and a root that is sent', () => {
    const [a, b, c] = azure.map(({ der }) => formatPem(der))
    const explained = explain(`${b}${a}${c}${root}`)
    expect(ids(explained)).toEqual(['wrong-order', 'superfluous-certificates', 'pem-text-size'])
    expect(text(explained)).toContain('AT RISK')
  })

  test('an intermediate, with its name and where it can be fetched', () => {
    const explained = explain(readFileSync(fixture('chains/chain-missing-intermediate.pem')), {
      at: '2015-01-01',
    })
    expect(ids(explained)).toContain('missing-intermediate')
    expect(explained.missing[0]).toMatchObject({
      needs: 'intermediate',
      urls: [expect.stringMatching(/^http/)],
    })
    expect(text(explained)).toContain('curl -s http://certificates.starfieldtech.com/')
  })

  test('the issuer of a private leaf is not said to be an intermediate', () => {
    const make = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
    const at = (name: string) => scratch.path(name)
    const newKey = ['-newkey', 'rsa:2048', '-nodes']
    make('req', '-x509', ...newKey, '-keyout', at('p.key'), '-subj', '/CN=Private Root', '-out', at('p.pem'))
    make('req', ...newKey, '-keyout', at('q.key'), '-subj', '/CN=q', '-out', at('q.csr'))
    make(
      'x509',
      '-req',
      '-in',
      at('q.csr'),
      '-CA',
      at('p.pem'),
      '-CAkey',
      at('p.key'),
      '-CAcreateserial',
      '-out',
      at('q.pem'),
    )
    const now = { at: new Date().toISOString() }
    const alone = explain(scratch.read('q.pem'), now)
    expect(ids(alone)).not.toContain('missing-intermediate')
    expect(effects(alone, 'root-unknown')).toEqual(['unknown'])
    expect(alone.missing[0]).toMatchObject({ needs: 'root', issuer: 'Private Root' })
    // The root that the same source holds is where the chain ends.
    const held = explain(
      cString('server_pem', scratch.read('q.pem')) + cString('root_ca', scratch.read('p.pem')),
      now,
    )
    expect(held.walk?.top).toMatchObject({ kind: 'anchor', anchor: { label: 'Private Root' } })
  })

  test('a PKCS #7 has no order of its own, so that none is wrong', () => {
    writeFileSync(
      scratch.path('mixed.pem'),
      [azure[1]!, azure[0]!, azure[2]!].map(({ der }) => formatPem(der)).join(''),
    )
    const explained = explain(
      execFileSync('openssl', ['crl2pkcs7', '-nocrl', '-certfile', scratch.path('mixed.pem')]),
    )
    expect(explained.walk?.indexes).toHaveLength(2)
    expect(ids(explained)).not.toContain('wrong-order')
  })

  test('a set of roots is no chain, and gets no verdict', () => {
    const roots = [root, formatPem(realRoot('isrg-root-x2').der)].join('')
    const explained = explain(roots, { devices: ['nrf9160@1.3.7'] })
    expect(explained).toMatchObject({ walk: undefined, verdicts: [] })
    expect(flat(text(explained))).toContain('a set of 2 roots')
  })
})

describe('anchors', () => {
  const asRoot = (pem: string) => explain(`${cString('blob', pem)}client.setCACert(blob);\n`)

  test('a leaf that is held as one, and a root that is', () => {
    expect(ids(asRoot(leaf))).toContain('leaf-as-anchor')
    expect(ids(asRoot(root))).toEqual([])
    expect(flat(text(asRoot(leaf)))).toContain('held as anchor: setCACert(blob')
  })

  test('a leaf beside its CA under one name is no fault', () => {
    expect(ids(asRoot(leaf + root))).not.toContain('leaf-as-anchor')
  })

  test('blocks where the stack of the device refuses it, and only there', () => {
    const source = cString('root_ca', leaf)
    expect(effects(explain(source, { devices: ['esp-idf@5.2'] }), 'leaf-as-anchor')).toEqual(['blocks'])
    expect(effects(explain(source, { devices: ['arduino-bearssl'] }), 'leaf-as-anchor')).toEqual(['risks'])
    expect(effects(explain(source), 'leaf-as-anchor')).toEqual(['risks'])
  })

  test('a file that is called after a root and holds one leaf', () => {
    expect(ids(explain(leaf, { name: 'main/server_root_cert.pem' }))).toContain('leaf-as-anchor')
    expect(ids(explain(leaf, { name: 'server.pem' }))).not.toContain('leaf-as-anchor')
    expect(ids(explain(azureText, { name: 'root-chain.pem' }))).not.toContain('leaf-as-anchor')
  })

  test('AT%CMNG, type 0; a client certificate under type 1 is none', () => {
    expect(ids(explain(`AT%CMNG=0,1,0,"${leaf}"\nOK\n`))).toEqual(['leaf-as-anchor'])
    expect(ids(explain(`AT%CMNG=0,1,1,"${leaf}"\nOK\n`))).toEqual([])
  })
})

describe('what is stored', () => {
  test('CR LF in AT%CMNG is open, never certain: some tools write it on purpose', () => {
    const explained = explain(`AT%CMNG=0,7,0,"${root.replaceAll('\n', '\r\n')}"\nOK\n`)
    expect(effects(explained, 'credential-line-ends')).toEqual(['unknown'])
    expect(flat(text(explained))).toMatch(/has \d+ line ends with CR LF/)
  })

  test('PEM in an array without a zero blocks Mbed TLS, and is open elsewhere', () => {
    const array = `const unsigned char root_ca[] = {${[...Buffer.from(root)].join(', ')}};\n`
    expect(effects(explain(array), 'credential-not-terminated')).toEqual(['unknown'])
    expect(effects(explain(array, { devices: ['esp-idf@5.2'] }), 'credential-not-terminated')).toEqual([
      'blocks',
    ])
    expect(ids(explain(array.replace('}', ', 0}')))).toEqual([])
  })

  test('a length without the NUL', () => {
    const call = 'mbedtls_x509_crt_parse(&crt, (const unsigned char *)ca, strlen(ca));\n'
    const explained = explain(cString('ca', root) + call)
    expect(effects(explained, 'credential-not-terminated')).toEqual(['blocks'])
    expect(text(explained)).toContain('PROBLEM')
  })

  test('a missing line feed at the end of an embedded one is a note', () => {
    expect(effects(explain(`AT%CMNG=0,7,0,"${root.trimEnd()}"\n`), 'credential-not-terminated')).toEqual([
      'info',
    ])
  })

  test('damage blocks where a device would store it, and is open where it was only pasted', () => {
    const cut = root.split('\n').slice(0, 6).join('\n')
    const [finding] = explain(cut).findings
    expect(finding).toMatchObject({ id: 'pem-damaged', effect: 'unknown' })
    expect((finding as FindingOf<'pem-damaged'>).details).toMatchObject({ why: 'no-end', line: 1 })
    expect(effects(explain(`AT%CMNG=0,7,0,"${cut}"\n`), 'pem-damaged')).toEqual(['blocks'])
    expect(text(explain(cut))).toContain('PROBLEM')
  })

  test('a certificate that does not parse says the byte', () => {
    const der = Uint8Array.from(realRoot('isrg-root-x2').der)
    der[8] = 0x7f
    const explained = explain(formatPem(der))
    expect(ids(explained)).toEqual(['certificate-unreadable'])
    expect(flat(text(explained))).toMatch(/byte \d+ of the DER/)
  })

  test('a listing of the modem names the root that it holds', () => {
    const sha = createHash('sha256').update(root.trimEnd()).digest('hex').toUpperCase()
    const explained = explain(
      `AT%CMNG=1\n%CMNG: 16842753,0,"${sha}"\n%CMNG: 16842753,1,"${'AB'.repeat(32)}"\nOK\n`,
    )
    expect(explained.stored.map(({ is }) => is?.name)).toEqual(['DigiCert Global Root G2', undefined])
    expect(flat(text(explained))).toContain(
      'DigiCert Global Root G2, as PEM with LF, without a newline at its end',
    )
  })
})

describe('keys', () => {
  const pair = (name: string) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    writeFileSync(scratch.path('one.key'), key)
    const make = [
      'req',
      '-x509',
      '-key',
      scratch.path('one.key'),
      '-subj',
      `/CN=${name}`,
      '-addext',
      'basicConstraints=CA:FALSE',
    ]
    return { key, certificate: execFileSync('openssl', make, { encoding: 'utf8' }) }
  }
  const [a, b] = [pair('a'), pair('b')]
  const write = (tag: number, type: number, pem: string) => `AT%CMNG=0,${tag},${type},"${pem}"\nOK\n`

  test('that of another certificate is a finding, its own is none', () => {
    expect(effects(explain(a.certificate + b.key), 'key-mismatch')).toEqual(['blocks'])
    expect(ids(explain(a.certificate + a.key))).not.toContain('key-mismatch')
  })

  test('is compared within its security tag', () => {
    const right =
      write(1, 1, a.certificate) + write(1, 2, a.key) + write(2, 1, b.certificate) + write(2, 2, b.key)
    const crossed =
      write(1, 1, a.certificate) + write(1, 2, b.key) + write(2, 1, b.certificate) + write(2, 2, a.key)
    expect(ids(explain(right))).not.toContain('key-mismatch')
    expect(effects(explain(crossed), 'key-mismatch')).toEqual(['blocks', 'blocks'])
  })

  test("beside a root alone says nothing: it is nobody's there", () => {
    expect(ids(explain(root + a.key))).not.toContain('key-mismatch')
  })

  test('never reaches a report', () => {
    const explained = explain(a.certificate + b.key)
    const secret = b.key.split('\n')[1]!
    for (const shown of [text(explained), JSON.stringify(certificatesJson(explained))]) {
      for (let at = 0; at + 16 <= secret.length; at += 16)
        expect(shown).not.toContain(secret.slice(at + 10, at + 26))
    }
    expect(text(explained)).toContain('not kept')
  })
})

describe('a session of openssl s_client against a server of ours', () => {
  const ca = scratch.path('ca.key')
  let output: { readonly all: string; readonly leafOnly: string }

  beforeAll(async () => {
    const run = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
    const at = (name: string) => scratch.path(name)
    run(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      ca,
      '-subj',
      '/CN=Test Root',
      '-days',
      '30',
      '-out',
      at('ca.pem'),
    )
    run(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      at('s.key'),
      '-subj',
      '/CN=localhost',
      '-out',
      at('s.csr'),
    )
    writeFileSync(at('leaf.cnf'), 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost\n')
    run(
      'x509',
      '-req',
      '-in',
      at('s.csr'),
      '-CA',
      at('ca.pem'),
      '-CAkey',
      ca,
      '-CAcreateserial',
      '-days',
      '20',
      '-extfile',
      at('leaf.cnf'),
      '-out',
      at('s.pem'),
    )
    const server = createServer({
      key: scratch.read('s.key'),
      cert: scratch.read('s.pem') + scratch.read('ca.pem'),
      maxVersion: 'TLSv1.2',
    })
    server.on('tlsClientError', () => {})
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const { spawn } = await import('node:child_process')
    const client = (...args: string[]) =>
      new Promise<string>((done) => {
        const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args], {
          stdio: ['pipe', 'pipe', 'pipe'],
        })
        let said = ''
        child.stdout.on('data', (piece) => {
          said += piece
        })
        child.stderr.on('data', (piece) => {
          said += piece
        })
        child.on('close', () => done(said))
        child.stdin.end()
      })
    output = { all: await client('-showcerts'), leafOnly: await client() }
    await new Promise((done) => server.close(done))
  })

  test('its certificates, its errors and what was negotiated', () => {
    const explained = explain(output.all, { at: new Date().toISOString() })
    expect(explained.material.form).toBe('s-client')
    expect(explained.rows.map(({ role }) => role)).toEqual(['leaf', 'root'])
    const { session } = explained.material
    expect(session?.chain.map(({ subject }) => subject.replaceAll(' ', ''))).toEqual([
      'CN=localhost',
      'CN=TestRoot',
    ])
    expect(session?.verifyErrors.map(({ num }) => num)).toContain(19)
    expect(session).toMatchObject({
      protocol: 'TLSv1.2',
      cipher: expect.stringMatching(/GCM|POLY/),
      verifyReturnCode: { num: 19 },
    })
    expect(session?.readBytes).toBeGreaterThan(1_500)
    expect(JSON.stringify(certificatesJson(explained))).not.toMatch(/Master-Key|Session-ID/)
    expect(flat(text(explained))).toContain('this machine does not hold the root that was sent')
  })

  test('without -showcerts, that certificates are not in the output is said, and not that they are missing', () => {
    const explained = explain(output.leafOnly, { at: new Date().toISOString() })
    expect(explained.missing[0]).toEqual({ needs: 'showcerts', listed: 2, shown: 1 })
    expect(ids(explained)).not.toContain('missing-intermediate')
    expect(flat(text(explained))).toContain('run it with -showcerts')
  })

  test('the leaf that old versions show a second time is counted once', () => {
    const [shown] = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n/.exec(output.all)!
    const old = output.all.replace('Server certificate\n', `Server certificate\n${shown}`)
    expect(explain(old).rows).toHaveLength(2)
  })

  test('a handshake that failed is explained too', () => {
    const failed =
      'CONNECTED(00000003)\n40B7:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:ssl/record/rec_layer_s3.c:1599:SSL alert number 40\n---\nno peer certificate available\n---\nNew, (NONE), Cipher is (NONE)\n'
    const explained = explain(failed)
    expect(explained.material.session).toMatchObject({
      alerts: [40],
      noPeerCertificate: true,
      protocol: undefined,
    })
    expect(flat(text(explained))).toContain('the server sent alert 40')
  })
})

describe('JSON', () => {
  test('is tlsfit/certificates@1', () => {
    const json = certificatesJson(explain(azureText, { devices: ['nrf9160@1.3.7'] }))
    expect(json).toMatchObject({
      schema: 'tlsfit/certificates@1',
      input: 'pem',
      form: 'pem',
      certificates: [
        { role: 'leaf', derBytes: 2352, subject: expect.stringContaining('edge.microsoft.com') },
        { role: 'intermediate', derBytes: 1980 },
        { role: 'cross-sign', derBytes: 1421, sha256: azure[2]!.sha256 },
      ],
      path: [
        { index: 0, from: 'given' },
        { index: 1, from: 'given' },
        { index: null, from: 'known-root', id: 'microsoft-tls-rsa-root-g2' },
      ],
      roots: [{ pathBytes: 4332 }, { id: 'digicert-global-root-g2', pathBytes: 5753 }],
      missing: [],
      findings: [{ id: 'pem-text-size' }],
      verdicts: [{ findings: expect.any(Array) }],
    })
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
  })
})

describe('input without certificates is an error with a hint', () => {
  test.each([
    ['no-certificate', 'hello\n'],
    ['no-certificate', '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n'],
    ['private-key', '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n'],
  ])('%s', (code, input) => {
    expect(() => explain(input)).toThrow(InputError)
    expect(() => explain(input)).toThrow(expect.objectContaining({ code, hint: expect.any(String) }))
  })

  test('too large an input is not read', () => {
    expect(() => explain(new Uint8Array(9_000_000))).toThrow(expect.objectContaining({ code: 'too-large' }))
  })
})

describe('hostile names', () => {
  test('no control character comes out, and every line fits', () => {
    const key = scratch.path('evil.key')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    const subject = '/CN=\u001b[31mred\u202e\u0007 \u2028line'
    const pem = execFileSync('openssl', ['req', '-utf8', '-x509', '-key', key, '-subj', subject], {
      encoding: 'utf8',
    })
    const session = `CONNECTED(00000003)\nCertificate chain\n 0 s:CN = \u001b[2Jx\n   i:y\nverify error:num=18:\u001b]0;t\u0007\n${pem}`
    for (const input of [pem, session, cString('root_ca', pem)]) {
      const shown = text(explain(input, { devices: ['nrf9160@1.3.7'] }))
      expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2028]/u)
      for (const line of shown.split('\n')) expect([...line].length).toBeLessThanOrEqual(80)
    }
  })
})

describe('damaged and large input', () => {
  const sources = [
    azureText,
    cString('root_ca', leaf),
    `AT%CMNG=0,1,0,"${root}"\nOK\n%CMNG: 1,0,"${'0'.repeat(64)}"\n`,
    `CONNECTED(00000003)\nCertificate chain\n 0 s:a\n   i:b\n${leaf}Server certificate\n${leaf}`,
  ].map((source) => Buffer.from(source))

  test('whatever bytes are changed, it is explained or refused, and both reports hold', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        fc.array(fc.tuple(fc.nat(9_000), fc.nat(255)), { maxLength: 8 }),
        fc.nat(9_000),
        (source, changes, cut) => {
          const bytes = Uint8Array.from(cut < 4_000 ? source.subarray(0, cut) : source)
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
          try {
            const explained = explain(bytes, { devices: ['esp-idf@5.2'] })
            expect(text(explained).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2028]/u)
            expect(certificatesJson(explained)).toMatchObject({ schema: 'tlsfit/certificates@1' })
          } catch (error) {
            if (!(error instanceof InputError)) throw error
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a thousand certificates take a bounded time', () => {
    const many = [...azure, ...realChain('chain-aws-s3-eu-west-1')].map(({ der }) => formatPem(der)).join('')
    const tookMs = processorMs(() => {
      const explained = explain(many.repeat(140), { devices: ['nrf9160@1.3.7'] })
      expect(explained.rows).toHaveLength(980)
      text(explained)
    })
    expect(tookMs).toBeLessThan(10_000)
  })
})
