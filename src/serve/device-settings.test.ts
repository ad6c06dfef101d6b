import { describe, expect, test } from 'vitest'
import { resolveDevice } from '../device/catalogue.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { needsOldSuites, recordBytesFor, settingsFor } from './device-settings.ts'

const catalogue = openCatalogue()
const device = (id: string) => resolveDevice(id, catalogue)
const at = {
  url: 'https://192.0.2.5:8443/fw.bin',
  host: '192.0.2.5',
  port: 8443,
  path: '/fw.bin',
  caName: 'tlsfit local CA',
  caBytes: 384,
  caSha256: 'ab'.repeat(32),
  keyType: 'p256' as const,
  oldSuites: false,
}

describe('what a device has to be told', () => {
  test('is in its own terms', () => {
    const esp = settingsFor(device('esp-idf@5.2'), at)
    expect(esp.fixes.flatMap(({ commands }) => commands)).toContain('.skip_cert_common_name_check = false,')
    const nrf = settingsFor(device('nrf9160@1.3.7'), at)
    expect(nrf.format).toBe('nrf-at')
    expect(nrf.fixes.flatMap(({ commands }) => commands).join()).toContain('TLS_PEER_VERIFY_REQUIRED')
    expect(nrf.fixes.flatMap(({ commands }) => commands).join()).toContain('"192.0.2.5"')
  })

  test('names RSA and old suites where the device offers nothing else', () => {
    const offering = (...value: readonly string[]) => {
      const base = device('mbedtls@2.28')
      const cipherSuites = { value, source: 'test', confidence: 'measured' as const }
      const versions = { ...cipherSuites, value: ['TLSv1.2' as const] }
      return { ...base, hello: { ...base.hello, cipherSuites, versions } }
    }
    const rsa = { ...at, keyType: 'rsa-2048' as const }
    const onlyRsa = offering('TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')
    expect(settingsFor(onlyRsa, at).notes).toContain(
      'this device offers no suite that is served so: serve with --rsa',
    )
    expect(settingsFor(onlyRsa, rsa).notes.join()).not.toContain('--rsa')
    expect(settingsFor(device('mbedtls@2.28'), at).notes.join()).not.toContain('--rsa')
    expect(needsOldSuites(onlyRsa, 'rsa-2048')).toBe(false)

    const fixed = offering('TLS_RSA_WITH_AES_128_CBC_SHA')
    expect(needsOldSuites(fixed, 'rsa-2048')).toBe(true)
    expect(settingsFor(fixed, { ...rsa, oldSuites: true }).notes.join()).not.toContain('suite')
    expect(settingsFor(fixed, at).notes.join()).toContain('serve with --rsa and with --old-suites')
    // The P-256 key would be no use with them on.
    expect(needsOldSuites(fixed, 'p256')).toBe(false)
    expect(needsOldSuites(undefined, 'rsa-2048')).toBe(false)
  })

  test('says so where its suites are not known', () => {
    expect(settingsFor(device('zephyr'), at).notes.join()).toContain(
      'static RSA only needs --rsa --old-suites',
    )
  })
})

describe('records', () => {
  test('hold what the device takes, and 4,096 bytes where nothing is known', () => {
    expect(recordBytesFor(undefined)).toBe(4_096)
    expect(recordBytesFor(device('esp-idf@5.2'))).toBe(4_096)
    expect(recordBytesFor(device('nrf9160@1.3.7'))).toBe(2_048)
  })

  test('are never too large for any device that tells its limit, unless it takes less than 512', () => {
    for (const family of catalogue.families) {
      const profile = catalogue.profile(family)
      if (profile === undefined || profile.runsOn.length > 0) continue
      const one = device(family)
      const limit = one.limits.recordBytes?.value
      if (typeof limit === 'number') expect(recordBytesFor(one)).toBeLessThanOrEqual(Math.max(512, limit))
    }
  })
})
