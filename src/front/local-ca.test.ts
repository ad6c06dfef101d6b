import { X509Certificate } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openLocalCa } from './local-ca.ts'

const parent = mkdtempSync(join(tmpdir(), 'tlsfit-local-ca-'))
afterAll(() => rmSync(parent, { recursive: true }))
let folders = 0
const wish = (
  hosts: readonly string[] = ['192.0.2.7', 'ota.local'],
  folder = join(parent, `${++folders}`),
) => ({
  folder,
  hosts,
  keyType: 'p256' as const,
  now: new Date('2026-05-01T00:00:00Z'),
})

describe('a local CA', () => {
  test('signs a leaf that carries each address as address and as name, and is small', async () => {
    const ca = await openLocalCa(wish())
    const root = new X509Certificate(ca.caPem)
    const leaf = new X509Certificate(ca.identity.certPem)
    expect(leaf.verify(root.publicKey)).toBe(true)
    expect(leaf.checkIssued(root)).toBe(true)
    expect(root.ca && !leaf.ca).toBe(true)
    expect(leaf.subjectAltName).toBe('IP Address:192.0.2.7, DNS:192.0.2.7, DNS:ota.local')
    expect(leaf.subject).toBe('CN=192.0.2.7')
    expect(ca.caDer.length).toBeLessThan(420)
    expect(ca.leafDer.length).toBeLessThan(502)
  })

  test('holds in 1970, and for no clock of 32 bits too late', async () => {
    const late = await openLocalCa({ ...wish(), now: new Date('2036-01-01T00:00:00Z') })
    for (const pem of [late.caPem, late.identity.certPem]) {
      const { validFrom, validTo } = new X509Certificate(pem)
      expect(new Date(validFrom).getTime()).toBe(0)
      expect(new Date(validTo).getTime()).toBeLessThan(2 ** 31 * 1_000)
    }
  })

  test('is kept with its leaf, and a new host brings a new leaf of the same key', async () => {
    const asked = wish()
    const first = await openLocalCa(asked)
    const second = await openLocalCa(asked)
    expect([first.isNew, second.isNew]).toEqual([true, false])
    expect(second.caPem).toBe(first.caPem)
    expect(second.identity).toEqual(first.identity)
    const moved = await openLocalCa(wish(['192.0.2.8'], asked.folder))
    expect([moved.caPem, moved.identity.keyPem]).toEqual([first.caPem, first.identity.keyPem])
    expect(new X509Certificate(moved.identity.certPem).subject).toBe('CN=192.0.2.8')
  })

  test('issues anew before the leaf runs out', async () => {
    const asked = wish()
    const first = await openLocalCa(asked)
    const later = await openLocalCa({ ...asked, now: new Date('2028-03-01T00:00:00Z') })
    expect(later.leafDer).not.toEqual(first.leafDer)
    expect(new Date(new X509Certificate(later.leafDer).validTo).getUTCFullYear()).toBe(2030)
  })

  test('may be RSA, beside the other', async () => {
    const asked = wish()
    const p256 = await openLocalCa(asked)
    const rsa = await openLocalCa({ ...asked, keyType: 'rsa-2048' })
    expect(new X509Certificate(rsa.caPem).publicKey.asymmetricKeyType).toBe('rsa')
    expect((await openLocalCa(asked)).caPem).toBe(p256.caPem)
  })

  test('made by two processes at once is one', async () => {
    const asked = wish()
    const both = await Promise.all([openLocalCa(asked), openLocalCa(asked), openLocalCa(asked)])
    expect(new Set(both.map(({ caPem }) => caPem)).size).toBe(1)
  })
})

describe('its files', () => {
  test('are for their owner only, and are shut again', async () => {
    const asked = wish()
    await openLocalCa(asked)
    expect(statSync(asked.folder).mode & 0o777).toBe(0o700)
    const files = readdirSync(asked.folder).map((name) => join(asked.folder, name))
    expect(files).toHaveLength(2)
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600)
    chmodSync(files[0]!, 0o644)
    await openLocalCa(asked)
    expect(statSync(files[0]!).mode & 0o777).toBe(0o600)
  })

  test('that are damaged are named, and never replaced', async () => {
    const asked = wish()
    await openLocalCa(asked)
    const file = join(asked.folder, 'ca-p256.pem')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.slice(0, text.length / 2))
    await expect(openLocalCa(asked)).rejects.toThrow(/ca-p256\.pem is damaged/)
    expect(readFileSync(file, 'utf8')).toBe(text.slice(0, text.length / 2))
  })

  test('that hold a certificate under which nothing can be issued are named', async () => {
    const asked = wish()
    await openLocalCa(asked)
    const file = join(asked.folder, 'ca-p256.pem')
    copyFileSync(join(asked.folder, 'leaf-p256.pem'), file)
    await expect(openLocalCa(asked)).rejects.toThrow(/ca-p256\.pem holds no root of a CA/)
  })

  test('of a CA that has run out are named', async () => {
    const asked = wish()
    await openLocalCa(asked)
    await expect(openLocalCa({ ...asked, now: new Date('2037-01-01T00:00:00Z') })).rejects.toThrow(
      /has run out/,
    )
  })
})
