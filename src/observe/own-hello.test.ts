import { describe, expect, test } from 'vitest'
import { listDevices } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { offerFor } from '../device/offer.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { TlsClient } from '../tls/client.ts'
import { summarizeHello } from './hello-sent.ts'
import type { HelloSent } from './observation.ts'
import { isHelloOf } from './own-hello.ts'

const devices = listDevices(openCatalogue())
const known = devices.filter(({ hello }) => hello.origin !== 'assumed')
const RECORD_HEADER_BYTES = 5

describe('whose hello it is', () => {
  test('every device whose hello is known knows its own', () => {
    expect(known.length).toBeGreaterThan(5)
    for (const device of known) {
      expect({ id: device.id, own: isHelloOf(device, helloOf(device)) }).toEqual({ id: device.id, own: true })
    }
  })

  test('a device whose hello is assumed owns none, not even the one that is dialled for it', () => {
    for (const device of devices.filter(({ hello }) => hello.origin === 'assumed')) {
      expect({ id: device.id, own: isHelloOf(device, helloOf(device)) }).toEqual({
        id: device.id,
        own: false,
      })
    }
  })

  test('devices own the hello of another only where both are known to send the same', () => {
    const lists = ({ hello }: Device) =>
      [hello.cipherSuites, hello.groups, hello.signatureSchemes].map((list) => list?.value)
    for (const device of known) {
      const others = known.filter((other) => isHelloOf(other, helloOf(device)))
      for (const other of others) expect(lists(other)).toEqual(lists(device))
    }
  })

  const strangers: Readonly<Record<string, (hello: HelloSent) => Partial<HelloSent>>> = {
    'one suite less': ({ cipherSuites }) => ({ cipherSuites: cipherSuites.slice(1) }),
    'the suites in another order': ({ cipherSuites }) => ({ cipherSuites: cipherSuites.toReversed() }),
    'one group less': ({ groups }) => ({ groups: groups.slice(1) }),
    'no signature algorithms': () => ({ signatureSchemes: [] }),
    'an older version': () => ({ versions: [0x0301], extensions: [] }),
    'a length of max_fragment_length': () => ({ maxFragmentLength: 512 }),
    'no server name': () => ({ sni: undefined }),
    'one extension less': ({ extensions }) => ({ extensions: extensions.filter((code) => code !== 10) }),
  }

  test.each(Object.keys(strangers))('a hello with %s is of another client', (name) => {
    const device = known.find(({ hello }) => hello.sni?.value === 'host-name')!
    const hello = helloOf(device)
    expect(isHelloOf(device, hello)).toBe(true)
    expect(isHelloOf(device, { ...hello, ...strangers[name]!(hello) })).toBe(false)
  })

  test('a protocol of ALPN is of another client unless the device can be told to send some', () => {
    const device = known.find(({ hello }) => hello.alpn?.value === 'configurable')!
    const never = { ...device, hello: { ...device.hello, alpn: undefined } }
    const hello = { ...helloOf(device), alpn: ['h2'] }
    expect([device, never].map((one) => isHelloOf(one, hello))).toEqual([true, false])
  })

  test('an extension that the device is not known to send is of another client, padding is not', () => {
    const device = known.find(({ hello }) => hello.origin === 'derived')!
    const hello = helloOf(device)
    const sending = (code: number) => ({ ...hello, extensions: [...hello.extensions, code] })
    const STATUS_REQUEST = 5
    const PADDING = 21
    expect(isHelloOf(device, sending(STATUS_REQUEST))).toBe(false)
    expect(isHelloOf(device, sending(PADDING))).toBe(true)
  })
})

function helloOf(device: Device): HelloSent {
  const { offer } = offerFor(device, { host: 'h.example', verify: 'full', sni: undefined })
  const { send } = new TlsClient({ offer, seed: new Uint8Array(32) }).start(0)
  return summarizeHello(Buffer.concat([send].flat()).subarray(RECORD_HEADER_BYTES))
}
