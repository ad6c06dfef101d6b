import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, test } from 'vitest'
import { isHostName, machineAddresses, machineNames, reachableAddresses, urlHost } from './machine-hosts.ts'

function one(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, netmask: '', mac: '', internal, cidr: null }
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' }
}
const interfaces = {
  lo: [one('127.0.0.1', true), one('::1', true)],
  eth0: [one('fe80::1'), one('2001:db8::5'), one('192.0.2.5')],
  wlan0: [one('198.51.100.9'), one('192.0.2.5')],
}

test('addresses that devices reach come first, and link-local ones not at all', () => {
  const all = machineAddresses(interfaces)
  expect(all).toEqual(['192.0.2.5', '198.51.100.9', '2001:db8::5', '127.0.0.1', '::1'])
  expect(reachableAddresses(['0.0.0.0'], all)).toEqual(['192.0.2.5', '198.51.100.9', '127.0.0.1'])
  expect(reachableAddresses(['0.0.0.0', '::'], all)).toEqual(all)
  expect(reachableAddresses(['::1'], all)).toEqual(['::1'])
})

test.each([
  ['Desk', ['desk', 'desk.local']],
  ['desk.lan.example.', ['desk.lan.example', 'desk', 'desk.local']],
  ['desk.local', ['desk.local', 'desk']],
  ['localhost.localdomain', []],
  ['192.0.2.5', []],
  ['no name', []],
  ['', []],
])('a machine that calls itself %j is known as %j', (own, names) => {
  expect(machineNames(own)).toEqual(names)
})

test('an IPv6 address stands in brackets', () => {
  expect([urlHost('2001:db8::5'), urlHost('192.0.2.5'), urlHost('a.test')]).toEqual([
    '[2001:db8::5]',
    '192.0.2.5',
    'a.test',
  ])
})

describe('a name of --name', () => {
  test.each(['ota.local', 'a', 'x_y.test', '192.0.2.5', '2001:db8::5', 'A-1.example.com'])('%s', (name) => {
    expect(isHostName(name)).toBe(true)
  })
  test.each([
    '',
    'a b',
    'https://a',
    'a/b',
    '-a',
    'a-',
    'a..b',
    'a.',
    '*.a',
    `${'a'.repeat(64)}`,
    'a\nb',
    'é.test',
  ])('is not %j', (name) => {
    expect(isHostName(name)).toBe(false)
  })
})
