import { describe, expect, test } from 'vitest'
import { ClientAddresses, rateKey } from './client-address.ts'

const proxied = new ClientAddresses(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])

describe('the address of a client', () => {
  test.each([
    ['of the socket, where no proxy of ours is there', '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['what our proxy says', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['of the proxy, where it says nothing', '127.0.0.1', undefined, '127.0.0.1'],
    ['the last, whatever the client wrote before it', '127.0.0.1', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['through two proxies of ours', '127.0.0.1', '1.2.3.4, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['as the client wrote itself for a proxy', '127.0.0.1', '10.9.9.9, 203.0.113.9', '203.0.113.9'],
    ['of a mapped socket', '::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['mapped itself', '127.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['with its port', '127.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['of IPv6 with its port', 'fd00::1', '[2001:db8::1]:4711', '2001:db8::1'],
    ['not of what cannot be read', '127.0.0.1', '203.0.113.9, <script>', '127.0.0.1'],
    ['not of a name', '127.0.0.1', 'localhost', '127.0.0.1'],
    ['not of an empty hop', '127.0.0.1', '203.0.113.9,', '127.0.0.1'],
    ['ours, where all hops are', '127.0.0.1', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ])('is %s', (_, peer, forwarded, expected) => {
    expect(proxied.client(peer, forwarded)).toBe(expected)
  })

  test('is that of the socket, where nobody is trusted', () => {
    expect(new ClientAddresses([]).client('127.0.0.1', '203.0.113.9')).toBe('127.0.0.1')
  })

  test('counts by /64 where it is IPv6: whoever has one address has them all', () => {
    expect(rateKey('2001:db8::1')).toBe('2001:db8:0:0::/64')
    expect(rateKey('2001:db8:0:0:ffff::9')).toBe('2001:db8:0:0::/64')
    expect(rateKey('2001:0db8:0000:0000:1:2:3:4')).toBe('2001:db8:0:0::/64')
    expect(rateKey('2001:db8:0:1::1')).not.toBe(rateKey('2001:db8::1'))
    expect(rateKey('203.0.113.9')).toBe('203.0.113.9')
    expect(rateKey('unknown')).toBe('unknown')
  })
})
