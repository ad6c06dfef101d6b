import { expect, test } from 'vitest'
import { isDnsName } from './dns-name.ts'

test.each([
  'host.example',
  'xn--bcher-kva.example',
  'a_b.example',
  'localhost',
  '1.2.example',
])('%s is a host name', (name) => {
  expect(isDnsName(name)).toBe(true)
})

test.each([
  ...[
    '',
    '.',
    'a..b',
    '-a.example',
    'a-.example',
    'a b.example',
    '192.0.2.1',
    '2001:db8::1',
    '*.host.example',
  ],
  ...[
    '</td><img src=x>',
    'a.example/x',
    'user@host.example',
    'host.example\n',
    'a'.repeat(64),
    'a.'.repeat(130),
  ],
])('%j is none', (name) => {
  expect(isDnsName(name)).toBe(false)
})
