import { describe, expect, test } from 'vitest'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { wordsOf } from './words-of.ts'

const catalogue = openCatalogue()
const words = (id: string, facts = {}, finding: Parameters<typeof wordsOf>[1] = 'untrusted-root') =>
  wordsOf(resolveDevice(id, catalogue), finding, facts)

describe('what the device shows', () => {
  test('is filled with the status seen', () => {
    expect(words('esp-idf@5.2', { status: 404 }, 'http-status')?.code).toBe('HTTP 404')
    expect(words('nrf9160+ncs@2.7.0', { status: 404, reason: 'Not Found' }, 'http-status')?.log).toContain(
      'Unexpected HTTP response: 404 Not Found',
    )
  })

  test('leaves out what was not seen', () => {
    expect(words('nrf9160+ncs@2.7.0', { status: 403 }, 'auth-rejected')?.log).toMatch(/response: 403$/m)
  })

  test('is 95 before NCS 1.6 and 111 from it on', () => {
    expect(words('nrf9160+ncs@1.5')?.code).toBe('errno 95')
    expect(words('nrf9160+ncs@1.6')?.code).toBe('errno 111')
  })

  test('comes from the layer below where an upper one only passes it on', () => {
    expect(words('nrf9160+ncs@1.5+memfault@0.43.3')?.code).toBe('rv=-95')
    const old = words('nrf9160+ncs@2.4.2+memfault@0.43.3')
    expect(old?.code).toBe('rv=-111')
    expect(old?.log).toMatch(/^download_client: Unable to connect, errno 111\n/)
    expect(old?.log).toContain('mflt: FOTA start failed, rv=-111')
    expect(words('nrf9160+ncs@2.9+memfault@0.43.3')?.log).toMatch(
      /^downloader: Failed to connect, err -111\n/,
    )
  })
})
