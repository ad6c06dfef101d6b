import { describe, expect, test } from 'vitest'
import { openCatalogue } from '../io/catalogue-files.ts'
import { resolveDevice } from './catalogue.ts'

const catalogue = openCatalogue()

/** Ids under which facts were collected: scripts use them, so each names a device for ever. */
const ids = [
  'nrf9160-mfw-1.1.0-1.1.4',
  'nrf9160-mfw-1.1.5+',
  'nrf9160-mfw-1.2.0',
  'nrf9160-mfw-1.2.1-1.2.6',
  'nrf9160-mfw-1.2.7+',
  'nrf9160-mfw-1.3.0',
  'nrf9160-mfw-1.3.1-1.3.7',
  'nrf91x1-mfw-2.0.x',
  'ncs-native-tls',
  'zephyr-sockets-mbedtls',
  'esp-idf-3.3',
  'esp-idf-4.0-4.1',
  'esp-idf-4.2',
  'esp-idf-4.3',
  'esp-idf-4.4',
  'esp-idf-5.x',
  'esp-idf-6.0',
  'esp8266-arduino-bearssl',
  'esp8266-arduino-axtls',
  'bearssl-generic',
  'esp-at',
  'st-spwf04sx',
  'st-spwf01sx',
  'tinyclr-native',
  'netx-secure',
  'wolfssl-defaults',
  'atwinc1500',
  'wifinina',
  'ti-cc3120-cc3220',
  'ti-cc3135-cc3235',
  'ublox-sara-r4',
  'ublox-sara-u201',
  'quectel-bg96',
  'quectel-bg95',
  'simcom-sim800',
  'simcom-sim7000',
  'simcom-sim7080',
  'simcom-a76xx',
  'telit-legacy',
  'sequans-monarch',
  'sequans-gm02sp',
  'silabs-siwx91x',
  'memfault-ncs-1.2',
  'memfault-ncs-1.3-1.4x',
  'memfault-ncs-head',
  'micropython-mbedtls-bare-metal',
  'micropython-esp32',
  'pico-sdk-altcp-tls',
  'circuitpython-mbedtls4',
  'circuitpython-espressif',
  'toit-esp32',
  'nodemcu-esp8266',
  'mongoose-builtin-tls',
  'tasmota-bearssl-light',
  'realtek-amebad-sdk',
  'realtek-amebad-arduino',
  'particle-device-os',
  'amazon-freertos-iot-tls',
  'freertos-plus-demos-mbedtls3',
  'stm32u5-iot-reference',
  'infineon-wifi-core-mbedtls',
  'arduino-esp32-3.x',
  'azure-iot-c-sdk-tlsio-mbedtls',
  'openwrt-libmbedtls',
  'ublox-sara-r5',
  'ublox-lara-r6-lena-r8',
  'ublox-sara-r422',
  'quectel-ec20-ec21-ec25',
  'quectel-bc66',
  'sierra-hl78xx',
  'telit-le910',
  'arduino-bearssl-client',
  'ncs-nrf7002-mqtt-sample',
  'esphome-http-request-idf',
  'silabs-siwx917-aws-sdk-lwip',
  'renesas-da16200',
]

describe('an id under which facts were collected', () => {
  test.each(ids)('%s names a device', (id) => {
    const device = resolveDevice(id, catalogue)
    expect(device.asked).toBe(id)
    expect(device.id).not.toBe('')
  })

  test('names a device of its own', () => {
    const found = ids.map((id) => resolveDevice(id, catalogue).id)
    expect(new Set(found).size).toBe(ids.length)
  })
})
