import { expect, test } from 'vitest'
import { KnownDevices, type KnownDevicesOptions } from './known-devices.ts'

const A = '127.0.0.2'
const B = '127.0.0.3'
const device = `${A} p`

function open(more: Partial<KnownDevicesOptions> = {}, earlier: readonly string[] = []) {
  const options = {
    knownBy: undefined,
    several: false,
    isUnderway: () => true,
    usualGapMs: () => 2_000,
    ...more,
  }
  return new KnownDevices(options, earlier, 0)
}

test('other hellos of one address are other devices', () => {
  const known = open()
  expect(known.recognise(A, 'p', 0)).toEqual({ kind: 'new', device, twinOf: undefined })
  expect(known.recognise(A, 'q', 1)).toEqual({ kind: 'new', device: `${A} q`, twinOf: undefined })
  expect(known.recognise(A, 'p', 2)).toEqual({ kind: 'known', device })
})

test('the same hello from another address is that device only once it was silent for three of its gaps', () => {
  const known = open()
  known.recognise(A, 'p', 0)
  expect(known.recognise(B, 'p', 5_999)).toEqual({ kind: 'unclear', device })
  expect(known.recognise(B, 'p', 6_000)).toEqual({ kind: 'moved', device, from: A })
  expect(known.recognise(B, 'p', 6_001)).toEqual({ kind: 'known', device })
})

test('a connection that is open is no silence, and its end begins one', () => {
  const known = open()
  known.recognise(A, 'p', 0)
  known.opened(device)
  expect(known.recognise(B, 'p', 60_000)).toEqual({ kind: 'unclear', device })
  known.closed(device, 61_000)
  expect(known.recognise(B, 'p', 62_000)).toEqual({ kind: 'unclear', device })
  expect(known.recognise(B, 'p', 67_000)).toMatchObject({ kind: 'moved' })
})

test('two that come in turn are two devices, and so is a third', () => {
  const known = open()
  known.recognise(A, 'p', 0)
  expect(known.recognise(B, 'p', 100)).toMatchObject({ kind: 'unclear' })
  expect(known.recognise(A, 'p', 200)).toMatchObject({ kind: 'known' })
  expect(known.recognise(B, 'p', 99_000)).toEqual({ kind: 'new', device: `${B} p`, twinOf: device })
  expect(known.recognise('127.0.0.4', 'p', 999_000)).toMatchObject({ kind: 'new', twinOf: device })
})

test.each<[string, Partial<KnownDevicesOptions>]>([
  ['where several are expected', { several: true }],
  ['where the known one is examined already, or never took anything', { isUnderway: () => false }],
  ['where addresses tell devices apart', { knownBy: 'address' }],
])('%s the same hello from another address is another device', (_when, options) => {
  const known = open(options)
  known.recognise(A, 'p', 0)
  expect(known.recognise(B, 'p', 900_000)).toEqual({ kind: 'new', device: `${B} p`, twinOf: device })
})

test('by the hello alone the address does not matter', () => {
  const known = open({ knownBy: 'hello' })
  known.recognise(A, 'p', 0)
  expect(known.recognise(B, 'p', 1)).toEqual({ kind: 'moved', device, from: A })
})

test('one that comes from its former address again is told', () => {
  const known = open()
  known.recognise(A, 'p', 0)
  known.recognise(B, 'p', 6_000)
  expect(known.recognise(A, 'p', 6_100)).toEqual({ kind: 'returned', device })
})

test('a device of an earlier run is found again at a new address, and one that was forgotten is new', () => {
  const known = open({}, [device])
  expect(known.recognise(B, 'p', 1_000)).toMatchObject({ kind: 'unclear' })
  expect(known.recognise(B, 'p', 6_000)).toEqual({ kind: 'moved', device, from: A })
  known.forget(device)
  expect(known.recognise(B, 'p', 6_001)).toEqual({ kind: 'new', device: `${B} p`, twinOf: undefined })
})
