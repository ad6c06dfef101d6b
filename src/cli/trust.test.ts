import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { runCommand } from '../../test/support/run-command.ts'
import { small } from '../../test/support/small-pki.ts'
import { fixture } from '../../test/support/tlsfit.ts'
import { keyPem } from '../lab/small-chains.ts'
import { formatPem } from '../x509/pem.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-trust-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const root = (id: string) => resolve(import.meta.dirname, '../../roots', `${id}.pem`)

const azure = fixture('chains/chain-edge-microsoft-com-g2.pem')
const time = ['--time', '2026-09-01']

function tlsfit(...argv: readonly string[]) {
  return runCommand(argv, { env: { COLUMNS: '100', LANG: 'C.UTF-8' } })
}

async function trustJson(...argv: readonly string[]) {
  const { code, out } = await tlsfit('trust', ...argv, '--format', 'json')
  return { code, json: JSON.parse(out) }
}

describe('tlsfit trust', () => {
  test('answers at once: the root, its size, until when, for which host, and what comes next', async () => {
    const { code, out } = await tlsfit('trust', azure, '--device', 'esp-idf@5.2', ...time)
    expect(code).toBe(0)
    const head = out.split('\nhosts')[0]!
    expect(head).toMatch(/^FITS +1 root leads esp-idf@5\.2/)
    expect(head).toContain('Microsoft TLS RSA Root G2 (microsoft-tls-rsa-root-g2)')
    expect(head).toContain('1,412 B of DER')
    expect(head).toContain('until 2040-04-10')
    expect(head).toContain('--emit c-header')
    expect(out).toContain('not chosen: it ends earlier')
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  test('where no root helps it says so, with the cause and the front that does', async () => {
    const { code, out } = await tlsfit('trust', azure, '--device', 'nrf9160@1.3.7', ...time)
    expect(code).toBe(1)
    expect(out).toMatch(/^BLOCKED +no root helps/)
    expect(out).toContain('chain-too-large')
    expect(out).toContain('tlsfit gateway')
    expect(out).toContain('A stopgap, no cure')
  })

  test('warns of a root that ends within the service life, by date', async () => {
    const args = [azure, '--device', 'spwf04sx', ...time]
    const { out } = await tlsfit('trust', ...args)
    expect(out).toContain('until 2029-04-15, when public stores distrust it')
    expect(out).toContain('ends before the service life does (2036-09-01)')
    expect((await tlsfit('trust', ...args, '--years', '2')).out).not.toContain('ends before the service life')
  })

  test('its JSON has the set, every host and every root that was passed over', async () => {
    const { code, json } = await trustJson(azure, '--device', 'esp-idf@5.2', ...time)
    expect(code).toBe(0)
    expect(json).toMatchObject({
      schema: 'tlsfit/trust@1',
      state: 'fits',
      years: 10,
      serviceEnd: '2036-09-01T00:00:00.000Z',
      roots: [{ id: 'microsoft-tls-rsa-root-g2', derBytes: 1412, endsBy: 'expiry', storedAs: 'pem' }],
      hosts: [
        {
          state: 'fits',
          options: [{ chosen: true }, { id: 'digicert-global-root-g2', passedOver: 'ends-earlier' }],
        },
      ],
      held: null,
      stored: null,
      emitted: null,
    })
  })

  test.each([
    ['no target', ['--device', 'esp-idf@5.2'], 64, 'no target given'],
    ['two devices', [azure, '--device', 'esp-idf@5.2,spwf04sx'], 64, 'one device'],
    ['years that are none', [azure, '--device', 'esp-idf@5.2', '--years', '-3'], 64, '--years'],
    ['a format that is none', [azure, '--device', 'esp-idf@5.2', '--emit', 'p7b'], 64, '--emit'],
    [
      'a file that is not there',
      [azure, '--device', 'esp-idf@5.2', '--root', '/nonexistent.pem'],
      65,
      'no such file',
    ],
  ])('says in one line what is wrong: %s', async (_, args, code, words) => {
    const ran = await tlsfit('trust', ...args)
    expect(ran.code).toBe(code)
    expect(ran.err).toContain(words)
    expect(ran.err).not.toMatch(/ {4}at /)
  })

  test('a leaf is refused as root, and its issuer named', async () => {
    writeFileSync(at('leaf.pem'), formatPem(realChain('chain-edge-microsoft-com-g2')[0]!.der))
    const ran = await tlsfit('trust', azure, '--device', 'esp-idf@5.2', '--root', at('leaf.pem'))
    expect(ran.code).toBe(65)
    expect(ran.err).toContain("a server's own certificate")
    expect(ran.err).toContain('Microsoft TLS G2 RSA CA OCSP 04')
  })

  test('an issuing CA is not chosen, and what it would cost is told', async () => {
    writeFileSync(at('issuing.pem'), formatPem(realChain('chain-edge-microsoft-com-g2')[1]!.der))
    const ran = await tlsfit('trust', azure, '--device', 'esp-idf@5.2', ...time, '--root', at('issuing.pem'))
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/root +Microsoft TLS RSA Root G2/)
    const flat = ran.out.replaceAll(/\s+/g, ' ')
    expect(flat).toContain('Microsoft TLS G2 RSA CA OCSP 04 as anchor: it ends on 2029-06-03')
  })

  test('a device that does not use what is sent is told what to store beside the root', async () => {
    const chain = fixture('chains/chain-aws-s3-eu-west-1.pem')
    const { out } = await tlsfit('trust', chain, '--device', 'gm02sp', '--time', '2021-06-01')
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      'needs each of them stored, and stored anew when its CA changes it: Amazon (to 2025-10-19)',
    )
  })

  test('where the root is not known it says how to give it', async () => {
    const chain = fixture('chains/chain-missing-intermediate.pem')
    const { code, out } = await tlsfit('trust', chain, '--device', 'esp-idf@5.2', '--time', '2015-01-01')
    expect(code).toBe(3)
    expect(out).toContain('--root FILE')
    expect(out).toContain('--fetch-aia')
  })

  test('a secret of a URL is in no command that it prints', async () => {
    const url = 'https://127.0.0.1:1/fw.bin?sv=2021&sig=s3cr3tvalue'
    const { out } = await tlsfit('trust', url, azure, '--device', 'esp-idf@5.2', ...time, '--timeout', '1')
    expect(out).toContain('127.0.0.1')
    expect(out).not.toContain('s3cr3tvalue')
  })
})

describe('--held', () => {
  test('says which chains of public CAs end in it and fit', async () => {
    const args = ['--device', 'nrf9160@1.3.7', '--held', root('isrg-root-x1'), ...time]
    const { code, json } = await trustJson(...args)
    expect(code).toBe(0)
    expect(json.state).toBe(null)
    expect(json.held.chains[0]).toMatchObject({
      id: 'le-y-ecdsa',
      state: 'fits',
      sentBytes: 3398,
      root: 'isrg-root-x1',
    })
    expect((await tlsfit('trust', ...args)).out).toContain("Let's Encrypt, ECDSA, default")
  })

  test('where nothing fits, says what a new anchor needs', async () => {
    const { code, out } = await tlsfit(
      'trust',
      '--device',
      'nrf9160@1.3.7',
      '--held',
      root('baltimore-cybertrust-root'),
      ...time,
    )
    expect(code).toBe(1)
    expect(out).toContain('one working update or physical access')
  })

  test('with a target, prefers what is held, and says where that does not do', async () => {
    const asked = [azure, '--device', 'esp-idf@5.2', ...time]
    const g2 = await trustJson(...asked, '--held', root('digicert-global-root-g2'))
    expect(g2.json).toMatchObject({ needsNewAnchor: false, roots: [{ id: 'digicert-global-root-g2' }] })
    const x1 = await trustJson(...asked, '--held', root('isrg-root-x1'))
    expect(x1.json.needsNewAnchor).toBe(true)
    const { out } = await tlsfit('trust', ...asked, '--held', root('isrg-root-x1'))
    expect(out).toContain('loading it needs one working update or physical access')
  })
})

describe('--emit', () => {
  test('writes what the device loads, and nothing over another file', async () => {
    const asked = ['trust', azure, '--device', 'esp-idf@5.2', ...time, '--emit', 'pem', '--out', at('out')]
    const { code, out } = await tlsfit(...asked)
    expect(code).toBe(0)
    const [name] = readdirSync(at('out'))
    expect(out).toContain(name)
    expect(readFileSync(join(at('out'), name!), 'utf8')).toContain(
      formatPem(realRoot('microsoft-tls-rsa-root-g2').der),
    )
    expect((await tlsfit(...asked)).code).toBe(0)
    writeFileSync(join(at('out'), name!), 'mine')
    const again = await tlsfit(...asked)
    expect(again.code).toBe(65)
    expect(again.err).toContain('is there already')
    expect(readFileSync(join(at('out'), name!), 'utf8')).toBe('mine')
  })

  test('the hash that it prints for a modem is the one that --verify-stored looks for', async () => {
    const chain = fixture('chains/chain-aws-s3-eu-west-1.pem')
    const asked = [chain, '--device', 'nrf9160@1.3.7', '--time', '2021-06-01']
    const { json } = await trustJson(...asked, '--emit', 'nrf-at', '--out', at('at'), '--sec-tag', '77')
    const [anchor] = json.emitted.anchors
    expect(anchor).toMatchObject({ subject: 'Amazon Root CA 1', secTag: 77 })
    writeFileSync(at('cmng.txt'), `AT%CMNG=1\r\n%CMNG: 77,0,"${anchor.storedSha256.toUpperCase()}"\r\nOK\r\n`)
    const verified = await trustJson(...asked, '--verify-stored', at('cmng.txt'))
    expect(verified.json.stored).toMatchObject({ missing: [], entries: [{ securityTag: 77, use: 'needed' }] })
  })
})

describe.skipIf(process.platform !== 'linux')('a folder in which nothing can be made', () => {
  test.each([
    [
      'trust --out',
      ['trust', azure, '--device', 'esp-idf@5.2', ...time, '--emit', 'der', '--out', '/proc/nope'],
    ],
    ['serve --dir', ['serve', azure, '--dir', '/proc/nope/x']],
  ])('is an error at once: %s', async (_, asked) => {
    const { code, err } = await tlsfit(...asked)
    expect(code).toBe(65)
    expect(err).toContain('/proc/nope')
    expect(err).toMatch(/--(out|dir)/)
  })
})

test('--emit of a form for other devices says so, and is no success', async () => {
  const asked = [
    'trust',
    azure,
    '--device',
    'esp-idf@5.2',
    ...time,
    '--emit',
    'tinyclr',
    '--out',
    at('tinyclr'),
  ]
  const { code, out } = await tlsfit(...asked)
  expect(code).toBe(3)
  expect(out.replace(/\s+/g, ' ')).toContain(
    'tinyclr is no form that esp-idf@5.2 is known to load; write --emit c-header',
  )
})

test.each(['--held', '--root'])('%s of a file that is not there names this option', async (option) => {
  const { code, err } = await tlsfit('trust', azure, '--device', 'esp-idf@5.2', option, at('nowhere.pem'))
  expect(code).toBe(65)
  expect(err).toContain(`give ${option} an existing`)
})

describe('--emit esp-idf-bundle', () => {
  const emit = (chain: string, format: string) =>
    tlsfit('trust', chain, '--device', 'esp-idf@5.2', ...time, '--emit', format, '--out', at(format))

  test('of a root that the server sends cross-signed is no cure by itself; other forms of it are', async () => {
    const { code, out } = await emit(azure, 'esp-idf-bundle')
    expect(code).toBe(3)
    const flat = out.replaceAll(/\s+/g, ' ')
    expect(flat).toContain('sends is Microsoft TLS RSA Root G2, issued by DigiCert Global Root G2')
    expect(flat).toContain('asked for DigiCert Global Root G2 alone, which is not in it')
    expect((await emit(azure, 'c-header')).code).toBe(0)
  })

  test('of a root below which the chain ends is', async () => {
    const below = realChain('chain-edge-microsoft-com-g2').slice(0, 2)
    writeFileSync(at('below.pem'), below.map(({ der }) => formatPem(der)).join(''))
    const { code, out } = await emit(at('below.pem'), 'esp-idf-bundle')
    expect(code).toBe(0)
    expect(out).not.toContain('problem')
  })
})

describe('--emit without anything to store', () => {
  test('says so, and writes no file', async () => {
    const asked = ['trust', azure, '--device', 'nrf9160@1.3.7', ...time, '--emit', 'pem', '--out', at('none')]
    const { code, out } = await tlsfit(...asked)
    expect(code).toBe(1)
    expect(out).toContain('nothing written')
    expect(readdirSync(folder)).not.toContain('none')
  })
})

describe('over the wire', () => {
  test('a URL whose files lie on another host needs the roots of both', async () => {
    const long = { notAfter: '2046-01-01T00:00:00Z' }
    const servers: Server[] = []
    const serve = async (name: string, host: string, location: string | undefined) => {
      const root = small({ name, ca: true, ...long })
      const leaf = small({ name: host, issuer: root, altNames: [host], key: `leaf of ${name}`, ...long })
      writeFileSync(at(`${name}.pem`), formatPem(root.der))
      const tls = { cert: formatPem(leaf.der), key: keyPem(leaf.issued.key), maxVersion: 'TLSv1.2' as const }
      const server = createServer(tls, (_, response) => {
        if (location === undefined) response.end('firmware')
        else response.writeHead(302, { Location: location, 'Content-Length': 0 }).end()
      })
      server.on('tlsClientError', () => {})
      servers.push(server)
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      return (server.address() as AddressInfo).port
    }
    try {
      const files = await serve('files', 'localhost', undefined)
      const api = await serve('api', '127.0.0.1', `https://localhost:${files}/fw.bin`)
      const roots = ['--root', at('api.pem'), '--root', at('files.pem')]
      const asked = [`https://127.0.0.1:${api}/latest`, '--device', 'mbedtls@3.6.0', '--years', '1', ...roots]
      const { code, json } = await trustJson(...asked)
      expect(code).toBe(0)
      expect(json.hosts.map((host: { host: string }) => host.host)).toEqual(['127.0.0.1', 'localhost'])
      expect(json.roots.map((root: { subject: string }) => root.subject).sort()).toEqual(['api', 'files'])
      // What comes next chooses from the same roots.
      const { out } = await tlsfit('trust', ...asked)
      expect(out.replace(/ \\\n */g, ' ')).toContain(`${roots.join(' ')} --emit`)
    } finally {
      for (const server of servers) server.close()
    }
  })
})

describe('--verify-stored', () => {
  const asked = [azure, '--device', 'esp-idf@5.2', ...time]
  const hash = (id: string) =>
    createHash('sha256')
      .update(formatPem(realRoot(id).der))
      .digest('hex')
      .toUpperCase()

  test('says what is stored, what is missing and what is not needed', async () => {
    writeFileSync(at('other.txt'), `%CMNG: 1,0,"${hash('amazon-root-ca-1')}"\n%CMNG: 1,2\n`)
    const { code, out } = await tlsfit('trust', ...asked, '--verify-stored', at('other.txt'))
    expect(code).toBe(1)
    expect(out).toContain('Amazon Root CA 1: a root that is not needed here')
    expect(out).toMatch(/missing +Microsoft TLS RSA Root G2/)
  })

  test('exits 0 where all is stored, and leaves open what a root of unknown hash is', async () => {
    const needed = hash('microsoft-tls-rsa-root-g2')
    for (const [listed, code] of [
      [needed, 0],
      ['00'.repeat(32), 3],
    ] as const) {
      writeFileSync(at('one.txt'), `%CMNG: 1,0,"${listed}"\n`)
      expect((await tlsfit('trust', ...asked, '--verify-stored', at('one.txt'))).code).toBe(code)
    }
  })

  test('a file that lists nothing is an error that says what to give', async () => {
    writeFileSync(at('empty.txt'), 'ERROR\n')
    const ran = await tlsfit('trust', ...asked, '--verify-stored', at('empty.txt'))
    expect(ran.code).toBe(65)
    expect(ran.err).toContain('AT%CMNG=1')
  })
})
