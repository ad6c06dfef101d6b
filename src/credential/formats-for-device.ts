import type { Device } from '../device/device.ts'
import type { CredentialFormat, CredentialProblem } from './credential.ts'

/** Any tool converts from these. */
const generic: readonly CredentialFormat[] = ['pem', 'der']

/** Where TLS is in C that the user builds: a string in a header. */
const inC: readonly CredentialFormat[] = ['c-header', 'pem', 'der']

/** By the family of a layer. One that is not here takes what `generic` says. */
export const familyFormats: { readonly [family: string]: readonly CredentialFormat[] } = {
  nrf9160: ['nrf-at', 'pem'],
  nrf91x1: ['nrf-at', 'pem'],
  'ncs-native-tls': ['zephyr', 'c-header', 'pem', 'der'],
  nrf7002: ['zephyr', 'c-header', 'pem', 'der'],
  zephyr: ['zephyr', 'c-header', 'pem', 'der'],
  'esp-idf': ['c-header', 'esp-idf-bundle', 'pem', 'der'],
  'arduino-esp32': ['arduino', 'esp-idf-bundle', 'pem'],
  'esp8266-arduino': ['arduino', 'pem', 'der'],
  esphome: ['pem'],
  tinyclr: ['tinyclr', 'der', 'pem'],
  spwf04sx: ['spwf04', 'der'],
  mbedtls: inC,
  wolfssl: inC,
  'wolfssl-no-alt': inC,
  bearssl: inC,
  mongoose: inC,
  'netx-secure': inC,
  'amazon-freertos': inC,
  'freertos-plus': inC,
  'azure-iot-c': inC,
  'pico-sdk': inC,
  stm32u5: inC,
}

/** The formats that this device loads, the most direct first. The uppermost layer that says something decides. */
export function formatsFor({ layers }: Pick<Device, 'layers'>): readonly CredentialFormat[] {
  for (const { family } of [...layers].reverse()) {
    const formats = familyFormats[family]
    if (formats !== undefined) return formats
  }
  return generic
}

/** Forms for any tool or build: what loads them is for the user to know. */
const anybodys: readonly CredentialFormat[] = ['pem', 'der', 'c-header']

/** A form made for other devices than this one; undefined where nothing speaks against it. */
export function unfitFormat(
  format: CredentialFormat,
  device: Pick<Device, 'layers' | 'id'>,
): CredentialProblem | undefined {
  const loaded = formatsFor(device)
  if (loaded.includes(format) || anybodys.includes(format)) return undefined
  const text = `${format} is no form that ${device.id} is known to load; write --emit ${loaded.join(', or --emit ')}`
  return { code: 'not-for-device', text }
}
