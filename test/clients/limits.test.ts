import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Made } from '../support/openssl-pki.ts'
import { buildOf, type ClientArgs, type ClientResult, runClient } from './clients.ts'
import { RefereeRange } from './referee.ts'

/** Builds of source packages are made when they are first asked for. */
const BUILD_MS = 240_000
const there = (name: string): boolean => buildOf(name) !== undefined

let range: RefereeRange
let root: string

beforeAll(() => {
  range = new RefereeRange()
  root = range.file('root.pem', range.root)
}, BUILD_MS)
afterAll(() => range.end())

interface Row {
  readonly client: string
  readonly fact: string
  readonly chain?: () => readonly Made[]
  readonly args?: () => Partial<ClientArgs>
  readonly expected: Partial<ClientResult>
}

const heavy = (): readonly Made[] => [range.heavyLeaf, range.intermediate]
const small = (): readonly Made[] => [range.leaf, range.intermediate]
const getLarge = (): Partial<ClientArgs> => ({ request: 'GET /large.txt' })
const done: Partial<ClientResult> = { stage: 'done', ok: true, code: '0' }

/** Over TLS 1.2 with the root as the anchor, unless a row says otherwise. */
const rows: readonly Row[] = [
  { client: 'mbedtls-2.28', fact: 'takes a Certificate message of 7 kB whole', chain: heavy, expected: done },
  {
    client: 'mbedtls-2.28',
    fact: 'does not join a Certificate message that MFL cut',
    chain: heavy,
    args: () => ({ mfl: 4_096 }),
    expected: { stage: 'handshake', code: '-0x7080', maxFragmentLengthSent: 4_096 },
  },
  {
    client: 'mbedtls-2.28-in-4096',
    fact: 'takes no Certificate message of 7 kB',
    chain: heavy,
    expected: { stage: 'handshake', code: '-0x7100' },
  },
  {
    client: 'mbedtls-2.28-in-4096',
    fact: 'takes no data record of 16 kB',
    args: getLarge,
    expected: { stage: 'data', code: '-0x7100' },
  },
  {
    client: 'mbedtls-2.28-variable',
    fact: 'takes a large Certificate message but no large data record',
    chain: heavy,
    args: getLarge,
    expected: { stage: 'data', code: '-0x7100' },
  },
  {
    client: 'mbedtls-2.28-in-1500',
    fact: 'refuses an MFL above its buffer at set-up',
    args: () => ({ mfl: 2_048 }),
    expected: { stage: 'setup', code: '-0x7100' },
  },
  {
    client: 'mbedtls-2.28-no-sha512',
    fact: 'skips a leaf signed with SHA-384 and finds the intermediate to have another name and no leaf usage',
    chain: () => [range.leafOf(['a.test'], { digest: 'sha384' }), range.intermediate],
    expected: { stage: 'verify', code: '-0x2700', flags: '0x804' },
  },
  {
    client: 'mbedtls-2.28-no-sha512',
    fact: 'reports a mere name mismatch when the intermediate may sign handshakes too',
    chain: () => {
      const intermediate = range.ca('Signs all', range.root, 'P-256', ['digitalSignature'])
      return [range.leafOf(['a.test'], { digest: 'sha384' }, intermediate), intermediate]
    },
    expected: { stage: 'verify', code: '-0x2700', flags: '0x4' },
  },
  {
    client: 'mbedtls-2.28-mpi-256',
    fact: 'takes no RSA-4096',
    chain: () => [range.leafOf(['a.test'], { key: 'rsa:4096' }), range.intermediate],
    expected: { ok: false, code: '-0x3b00' },
  },
  {
    client: 'mbedtls-2.28-p256-only',
    fact: 'is refused by a server whose leaf has a P-384 key',
    chain: () => [range.leafOf(['a.test'], { key: 'P-384' }), range.intermediate],
    expected: { stage: 'handshake', code: '-0x7780', alertReceived: 40 },
  },
  {
    client: 'mbedtls-2.28-p256-only',
    fact: 'cannot read an intermediate with a P-384 key',
    chain: () => {
      const intermediate = range.ca('P-384', range.root, 'P-384')
      return [range.leafOf(['a.test'], {}, intermediate), intermediate]
    },
    expected: { stage: 'handshake', code: '-0x3a00' },
  },
  {
    client: 'mbedtls-2.28-no-time-date',
    fact: 'knows no end of a certificate',
    args: () => ({ time: new Date('2090-01-01T00:00:00Z') }),
    expected: done,
  },
  {
    client: 'mbedtls-2.28-no-ecdsa',
    fact: 'is refused by a server whose only certificate is ECDSA',
    args: () => ({ anchors: range.file('rsa-root.pem', range.rsaRoot) }),
    expected: { stage: 'handshake', code: '-0x7780', alertReceived: 40 },
  },
  {
    client: 'mbedtls-2.28-no-ecdsa',
    fact: 'cannot load an anchor that is signed with ECDSA',
    expected: { stage: 'setup', code: '-0x262e' },
  },
  {
    client: 'mbedtls-2.28-intermediates-2',
    fact: 'takes no third intermediate',
    chain: threeIntermediates,
    expected: { stage: 'verify', code: '-0x3000', alertSent: 49 },
  },
  { client: 'mbedtls-2.28', fact: 'takes a third intermediate', chain: threeIntermediates, expected: done },
  { client: 'mbedtls-2.28-pool-48000', fact: 'has room for a small chain', expected: done },
  {
    client: 'mbedtls-2.28-pool-48000',
    fact: 'has no room for a Certificate message of 7 kB',
    chain: heavy,
    expected: { ok: false },
  },
  {
    client: 'mbedtls-2.28-pool-64000',
    fact: 'has room for a Certificate message of 7 kB',
    chain: heavy,
    expected: done,
  },
  {
    client: 'mbedtls-3.6-default',
    fact: 'joins a Certificate message that MFL cut',
    chain: heavy,
    args: () => ({ mfl: 4_096 }),
    expected: done,
  },
  {
    client: 'mbedtls-3.6-in-4096',
    fact: 'takes no Certificate message of 7 kB',
    chain: heavy,
    expected: { ok: false },
  },
  {
    client: 'bearssl',
    fact: 'with 837 bytes asks for 512 and reads in pieces',
    chain: heavy,
    args: () => ({ buffer: 837 }),
    expected: { ...done, maxFragmentLengthSent: 512 },
  },
  {
    client: 'wolfssl',
    fact: 'takes an intermediate as the anchor',
    args: intermediateAnchor,
    expected: done,
  },
  {
    client: 'wolfssl-5.5-plain',
    fact: 'takes no intermediate as the anchor when it is also sent',
    args: intermediateAnchor,
    expected: { stage: 'verify', code: '-188' },
  },
  {
    client: 'wolfssl-5.5-plain',
    fact: 'takes an intermediate as the anchor when it is not sent',
    chain: () => [range.leaf],
    args: intermediateAnchor,
    expected: done,
  },
  {
    client: 'bearssl',
    fact: 'takes an intermediate as the anchor',
    args: intermediateAnchor,
    expected: done,
  },
  {
    client: 'mbedtls-2.28',
    fact: 'takes an intermediate as the anchor',
    args: intermediateAnchor,
    expected: done,
  },
  {
    client: 'wolfssl-5.5-small',
    fact: 'takes no Certificate message of 7 kB',
    chain: heavy,
    expected: { ok: false, code: '-404' },
  },
  {
    client: 'wolfssl-5.5-small',
    fact: 'takes no fourth certificate',
    chain: threeIntermediates,
    expected: { ok: false, code: '-368' },
  },
  {
    client: 'openssl',
    fact: 'takes no Certificate message above its max_cert_list',
    chain: heavy,
    args: () => ({ buffer: 4_096 }),
    expected: { stage: 'handshake', code: 'excessive message size' },
  },
  {
    client: 'gnutls',
    fact: 'takes no Certificate message above its max_packet_length',
    chain: heavy,
    args: () => ({ buffer: 4_096 }),
    expected: { stage: 'handshake', code: '-210' },
  },
]

describe('what each build is known for', () => {
  for (const { client, fact, chain = small, args, expected } of rows) {
    test.skipIf(!there(client))(`${client}: ${fact}`, async () => {
      const port = await range.serve(chain(), '-no_tls1_3')
      const result = await runClient(client, { port, sni: 'a.test', anchors: root, ...args?.() })
      expect(result).toMatchObject(expected)
    })
  }
})

describe('Mbed TLS 2.28: the Certificate message with its header against IN_CONTENT_LEN', () => {
  const exact = (client: string, bytes: number, expected: Partial<ClientResult>): void => {
    test.skipIf(!there(client))(`${client}: ${bytes} bytes`, async () => {
      const port = await range.serve([range.leafOfMessage(bytes)], '-no_tls1_3')
      const anchors = range.file('rsa-root.pem', range.rsaRoot)
      expect(await runClient(client, { port, sni: 'a.test', anchors })).toMatchObject(expected)
    })
  }
  exact('mbedtls-2.28-in-4096', 4_096, done)
  exact('mbedtls-2.28-in-4096', 4_097, { stage: 'handshake', code: '-0x7200' })
  exact('mbedtls-2.28-in-4096', 4_416, { stage: 'handshake', code: '-0x7200' })
  exact('mbedtls-2.28-in-4096', 4_417, { stage: 'handshake', code: '-0x7100' })
  exact('mbedtls-2.28-in-1500', 1_500, done)
  exact('mbedtls-2.28-in-1500', 1_501, { stage: 'handshake', code: '-0x7200' })
  exact('mbedtls-2.28-in-1500', 1_821, { stage: 'handshake', code: '-0x7100' })
  exact('mbedtls-2.28', 16_384, done)
  exact('mbedtls-2.28', 16_385, { stage: 'handshake', code: '-0x7080' })
})

describe('BearSSL: the buffer that the caller gives, overhead of 325 bytes included', () => {
  const buffers = [
    [836, { stage: 'setup', code: '1' }],
    [837, { ...done, maxFragmentLengthSent: 512 }],
    [4_420, { ...done, maxFragmentLengthSent: 2_048 }],
    [4_421, { ...done, maxFragmentLengthSent: 4_096 }],
    [16_708, { ...done, maxFragmentLengthSent: 4_096 }],
    [16_709, { ...done, maxFragmentLengthSent: null }],
  ] as const
  test.skipIf(!there('bearssl')).each(buffers)('%i bytes', async (buffer, expected) => {
    const port = await range.serve(small(), '-no_tls1_3')
    const args = { port, sni: 'a.test', anchors: root, buffer, request: 'GET /large.txt' }
    expect(await runClient('bearssl', args)).toMatchObject(expected)
  })
})

function threeIntermediates(): readonly Made[] {
  const second = range.ca('Second', range.intermediate)
  const third = range.ca('Third', second)
  return [range.leafOf(['a.test'], {}, third), third, second, range.intermediate]
}

function intermediateAnchor(): Partial<ClientArgs> {
  return { anchors: range.file('intermediate.pem', range.intermediate) }
}
