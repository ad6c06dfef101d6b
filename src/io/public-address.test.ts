import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { RunNetwork } from './network.ts'
import { isPublicAddress } from './public-address.ts'

describe('an address of the Internet', () => {
  test.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450:4001::200e',
  ])('%s is one', (address) => expect(isPublicAddress(address)).toBe(true))

  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.170',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.251',
    '239.255.255.250',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:1.1.1.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%lo',
    'fec0::1',
    'ff02::1',
    'localhost',
    '0177.0.0.1',
    '2130706433',
    '',
  ])('%s is none', (address) => expect(isPublicAddress(address)).toBe(false))
})

describe('a network that opens no private address', () => {
  let server: Server | undefined
  afterEach(() => server?.close())

  test.each([
    true,
    false,
  ])('refuses without a packet, whatever name led there (polite: %s)', async (polite) => {
    let connections = 0
    const port = await new Promise<number>((done) => {
      server = createServer(() => connections++).listen(0, '127.0.0.1', () => {
        const at = server?.address()
        done(typeof at === 'object' && at !== null ? at.port : 0)
      })
    })
    const run = new RunNetwork({ polite })
    const options = { timeoutMs: 1_000, signal: undefined, purpose: 'target' } as const
    const guarded = run.forTarget({ mayOpen: isPublicAddress })
    const { attempt, socket } = await guarded.open('rebound.example', '127.0.0.1', port, options)
    expect(socket).toBeUndefined()
    expect(attempt).toMatchObject({
      outcome: 'failed',
      errorCode: 'ADDRESS_NOT_PUBLIC',
      address: '127.0.0.1',
    })
    // One that may is heard by the same server: nothing of the first came before it.
    const free = await run.forTarget().open('rebound.example', '127.0.0.1', port, options)
    expect(free.attempt.outcome).toBe('connected')
    free.socket?.destroy()
    await expect.poll(() => connections).toBe(1)
    expect(guarded.traffic.connections).toBe(0)
  })
})
