import { describe, expect, test } from 'vitest'
import { listDevices, resolveDevice } from '../device/catalogue.ts'
import { type FindingId, findings } from '../finding/details.ts'
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

  test.each([
    [400, 'esp_https_ota: Client error (400)'],
    [
      401,
      'HTTP_CLIENT: This request requires authentication, but does not provide header information for that',
    ],
    [403, 'esp_https_ota: File not found(403)'],
    [404, 'esp_https_ota: File not found(404)'],
    [410, 'esp_https_ota: Client error (410)'],
    [500, 'esp_https_ota: Server error (500)'],
  ])('depends on the status: %i', (status, log) => {
    expect(words('esp-idf@5.2', { status }, 'http-status')).toMatchObject({ code: `HTTP ${status}`, log })
  })

  test('holds no mark of what is not known', () => {
    for (const device of listDevices(catalogue)) {
      for (const id of Object.keys(findings) as FindingId[]) {
        expect(wordsOf(device, id, {})?.log ?? '', `${device.id} ${id}`).not.toMatch(/<[a-z]+>| $/m)
      }
    }
  })

  test('for a download that is cut is not that of a status', () => {
    const facts = { error: 'closed' }
    expect(words('esp-idf@5.2', facts, 'http-broken')?.log).toBe(
      'esp_https_ota: Connection closed before complete data was received!',
    )
    expect(words('nrf9160+ncs@2.7.0', facts, 'http-broken')?.log).not.toContain('HTTP response')
    expect(words('nrf9160+ncs@2.9.0', facts, 'http-broken')).toBeUndefined()
  })

  test('for a refused port is 111 before NCS 1.6 too', () => {
    expect(words('nrf9160+ncs@1.5', {}, 'tcp-refused')?.code).toBe('errno 111')
    expect(words('nrf9160+ncs@1.5+memfault@0.43.3', {}, 'tcp-refused')?.code).toBe('rv=-111')
  })

  test('for a time-out is a line of the library of that version', () => {
    expect(words('nrf9160+ncs@2.8', {}, 'tcp-timeout')?.log).toMatch(/^download_client: /)
    expect(words('nrf9160+ncs@2.9', {}, 'tcp-timeout')?.log).toMatch(/^downloader: /)
  })

  test('names the errno of a refused port up to ESP-IDF 4.3 and the socket from 4.4 on', () => {
    expect(words('esp-idf@4.2', {}, 'tcp-refused')?.log).toMatch(/^esp-tls: Failed to connnect to host/)
    const later = words('esp-idf@4.4', {}, 'tcp-refused')
    expect(later?.code).toBe('0x8004')
    expect(later?.log).toMatch(/^esp-tls: \[sock=N\] delayed connect error: /)
    expect(words('esp-idf@5.2', {}, 'tcp-timeout')?.code).toBe('0x8006')
  })

  test('is the number of the library as the SDK formats it', () => {
    const number = { code: '-0x2700', flags: '0x08' }
    const shown = (id: string) =>
      wordsOf(resolveDevice(id, catalogue), 'untrusted-root', {}, 'untrusted', number)
    expect(shown('zephyr')).toMatchObject({
      code: 'errno 113',
      log: 'net_sock_tls: TLS handshake error: -0x2700',
      detail: expect.stringContaining('flags 0x08'),
    })
    expect(shown('arduino-esp32')?.code).toBe('-9984')
    expect(shown('circuitpython')?.log).toBe('OSError: -9984')
    expect(shown('esphome')?.log).toMatch(
      /^esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n[\s\S]*\nhttp_request\.idf: HTTP Request failed: /,
    )
    expect(shown('amebad-sdk')).toEqual({ code: '-0x2700', log: undefined, detail: 'flags 0x08' })
  })

  test('is -0x7080 where a message is cut over records', () => {
    const device = resolveDevice('esp-idf@4.4', catalogue)
    const number = { code: '-0x7080' }
    expect(wordsOf(device, 'message-fragmented', {}, 'message-fragmented', number)).toMatchObject({
      code: '-0x7080',
      log: 'esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7080',
    })
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
