import { describe, expect, test } from 'vitest'
import { openCatalogue } from '../../io/catalogue-files.ts'
import { readConfigTables } from '../../io/config-tables.ts'
import { configuredDevice } from './configured-device.ts'

const catalogue = openCatalogue()
const tables = readConfigTables()

function made(text: string, more: { path?: string; id?: string; name?: string; stack?: string } = {}) {
  const path = more.path ?? 'app/sdkconfig'
  const file = path.replace(/^.*\//, '')
  return configuredDevice({
    ...{ text, path, file, catalogue, tables, maxFragmentLength: undefined },
    ...{ id: more.id, name: more.name, stack: more.stack },
  })
}

const espIdf = '# Espressif IoT Development Framework (ESP-IDF) 5.2.1 Project Configuration\n'

describe('a device made from a build configuration', () => {
  test('tells what from-config takes to make the same profile', () => {
    const toldOf = (text: string, more = {}) => {
      const { id, stack } = made(text, more).configuration!
      return { id, stack }
    }
    const file = `${espIdf}CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n`
    expect(toldOf(file)).toEqual({ id: undefined, stack: undefined })
    expect(toldOf(file, { id: 'esp-idf@4.4' })).toEqual({ id: 'esp-idf@4.4', stack: 'esp-idf@4.4' })
    expect(toldOf(file, { stack: 'esp-idf@5.1' })).toEqual({ id: undefined, stack: 'esp-idf@5.1' })
    const modem = toldOf('CONFIG_NRF_MODEM_LIB=y', { path: 'prj.conf', id: 'nrf9160@1.3.7+ncs@2.4.2' })
    expect(modem).toEqual({ id: 'nrf9160@1.3.7+ncs@2.4.2', stack: 'nrf9160@1.3.7+ncs@2.4.2' })
  })

  test('knows the file and the line of each limit that rests on it', () => {
    const device = made(`${espIdf}CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n`)
    expect(device.id).toBe('esp-idf@5.2+sdkconfig@any')
    expect(device.asked).toBe('app/sdkconfig')
    expect(device.configuration).toMatchObject({
      file: 'app/sdkconfig',
      lines: { recordBytes: 2, handshakeMessageBytes: 2 },
    })
    expect(device.limits.recordBytes?.value).toBe(4096)
    expect(device.configuration?.lines).not.toHaveProperty('chainBytes')
  })

  test('of its layers only those are defaults that neither the file nor its user names', () => {
    const line = 'CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n'
    const defaulted = (text: string) => made(text).layers.map((layer) => layer.defaulted)
    expect(defaulted(`${espIdf}${line}`)).toEqual([false, false])
    expect(defaulted(`CONFIG_ESP_WIFI_ENABLED=y\n${line}`)).toEqual([true, false])
  })

  test('a file that sets nothing known changes nothing', () => {
    expect(made('CONFIG_NRF_MODEM_LIB=y\n', { id: 'nrf9160@1.3.7' }).configuration?.lines).toEqual({})
  })

  test('is called by its name, which never hides a family', () => {
    const named = made(`${espIdf}CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n`, { name: 'Gateway board, rev. 2' })
    expect(named.id).toBe('esp-idf@5.2+gateway-board-rev.-2@any')
    const hidden = made(`${espIdf}CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n`, { name: 'mbedtls' })
    expect(hidden.id).toBe('esp-idf@5.2+mbedtls-own@any')
  })

  test('lies on the device that is named with it', () => {
    const device = made('CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\nCONFIG_ESP_WIFI_ENABLED=y\n', {
      id: 'esp-idf@4.4',
    })
    expect(device.id).toBe('esp-idf@4.4+sdkconfig@any')
  })

  test('on a modem it is the client above the modem that the file configures', () => {
    const text = [
      'CONFIG_NRF_MODEM_LIB=y',
      'CONFIG_DOWNLOAD_CLIENT=y',
      'CONFIG_DOWNLOAD_CLIENT_HTTP_FRAG_SIZE_1024=y',
      'CONFIG_DOWNLOAD_CLIENT_MAX_HOSTNAME_SIZE=128',
      'CONFIG_DOWNLOAD_CLIENT_BUF_SIZE=0x800',
    ].join('\n')
    const device = made(text, { path: 'prj.conf', id: 'nrf9160@1.3.7+ncs@2.4.2' })
    expect(device.id).toBe('nrf9160@1.3.7+ncs@2.4.2+prj.conf@any')
    expect(device.http?.rangeBytes).toMatchObject({
      value: 1024,
      source: 'prj.conf line 3: CONFIG_DOWNLOAD_CLIENT_HTTP_FRAG_SIZE_1024=y',
    })
    expect(device.http?.hostBytes).toMatchObject({ value: 127, counts: 'text' })
    expect(device.configuration?.lines).toEqual({ rangeBytes: 3, hostBytes: 4, responseHeadBytes: 5 })
    expect(device.limits.chainBytes?.value).toBe(made('', { id: 'nrf9160@1.3.7' }).limits.chainBytes?.value)
  })

  test('without the modem named, the file that cannot set its limits says so', () => {
    expect(() => made('CONFIG_NRF_MODEM_LIB=y\nCONFIG_NETWORKING=y\n', { path: 'prj.conf' })).toThrow(
      expect.objectContaining({ code: 'config-modem' }),
    )
  })
})
