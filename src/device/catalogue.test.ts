import { describe, expect, test } from 'vitest'
import { openCatalogue } from '../io/catalogue-files.ts'
import { listDevices, resolveDevice } from './catalogue.ts'
import { DataFileError } from './data-file.ts'
import { DeviceIdError } from './device-id.ts'
import { makeCatalogue } from './make-catalogue.ts'
import { parseProfile } from './parse-profile.ts'

const catalogue = openCatalogue()

describe('a device id picks its layers', () => {
  test('three layers as named, none defaulted', () => {
    const device = resolveDevice('nrf9160@1.3.4+ncs@2.4.2+memfault@0.43.3', catalogue)
    expect(device.id).toBe('nrf9160@1.3.4+ncs@2.4.2+memfault@0.43.3')
    expect(device.version).toBe('1.3.4')
    expect(device.layers.map(({ range, defaulted }) => [range, defaulted])).toEqual([
      ['1.3.1..1.3.7', false],
      ['1.6..2.8', false],
      ['..1.2', false],
    ])
  })

  test('the SDK is put on a modem that is named alone, and said to be defaulted', () => {
    const device = resolveDevice('nRF9160@1.2.0', catalogue)
    expect(device.id).toBe('nrf9160@1.2.0+ncs@2.7.0')
    expect(device.layers.map(({ defaulted }) => defaulted)).toEqual([false, true])
  })

  test('layers in any order come out lowest first', () => {
    expect(resolveDevice('memfault@1.5+ncs@2.4.2+nrf9160@1.3.4', catalogue).id).toBe(
      'nrf9160@1.3.4+ncs@2.4.2+memfault@1.5',
    )
  })

  test('what is missing below and between is filled in', () => {
    expect(resolveDevice('memfault@0.43.3', catalogue).id).toBe('nrf9160@1.3.7+ncs@2.7.0+memfault@0.43.3')
    expect(resolveDevice('nrf91x1+memfault@0.43.3', catalogue).id).toBe(
      'nrf91x1@2.0.4+ncs@2.7.0+memfault@0.43.3',
    )
  })

  test.each([
    ['spwf04sx', 'spwf04sx@1.1.0'],
    ['st-spwf04sx', 'spwf04sx@1.1.0'],
    ['esp-idf@5.2', 'esp-idf@5.2'],
    ['esp-idf-5.x', 'esp-idf@5.x'],
    ['esp-idf@4.4.8', 'esp-idf@4.4.8'],
    ['nrf9160-mfw-1.3.1-1.3.7', 'nrf9160@1.3.1..1.3.7+ncs@2.7.0'],
    ['nrf9160-mfw-1.1.5+', 'nrf9160@1.1.5..1.1+ncs@2.7.0'],
    ['nrf9160@1.3.4+memfault-ncs-1.2', 'nrf9160@1.3.4+ncs@2.7.0+memfault@..1.2'],
  ])('%s is %s', (asked, id) => {
    expect(resolveDevice(asked, catalogue).id).toBe(id)
  })

  test.each([
    ['nrf916O', 'unknown-family', 'nrf9160'],
    ['esp32s3', 'unknown-family', 'esp32'],
    ['nrf9160@1.4.0', 'unknown-version', 'nrf9160@1.2.0'],
    ['nrf9160@1.3', 'ambiguous-version', 'nrf9160@1.3.0'],
    ['nrf9160@soon', 'bad-syntax', undefined],
    ['nrf9160@', 'bad-syntax', undefined],
    ['', 'bad-syntax', undefined],
    ['nrf9160+esp-idf', 'bad-combination', undefined],
    ['esp-idf+memfault', 'bad-combination', undefined],
    ['ncs+ncs', 'bad-combination', undefined],
    ['./none.yaml', 'profile-missing', undefined],
  ])('%s is refused as %s', (asked, code, nearest) => {
    const error = refusalOf(() => resolveDevice(asked, catalogue))
    expect(error).toBeInstanceOf(DeviceIdError)
    expect(error).toMatchObject({ code, asked })
    expect((error as DeviceIdError).hint).not.toBe('')
    if (nearest !== undefined) expect((error as DeviceIdError).nearest).toContain(nearest)
    expect((error as DeviceIdError).nearest.length).toBeLessThanOrEqual(3)
  })
})

describe('upper layers lie over lower ones', () => {
  test('verification is what the SDK requires, not what the modem leaves open', () => {
    const device = resolveDevice('nrf9160@1.3.7+ncs@2.7.0', catalogue)
    expect([device.verification.peer?.value, device.verification.name?.value]).toEqual([
      'required',
      'checked',
    ])
  })

  test('the errno of a failed handshake is 95 before SDK 1.6 and 111 from then on', () => {
    expect(codeOf('nrf9160@1.2.0+ncs@1.5.1', 'chain-too-large')).toBe('errno 95')
    expect(codeOf('nrf9160@1.2.0+ncs@1.6.0', 'chain-too-large')).toBe('errno 111')
    expect(codeOf('nrf9160@1.3.7+ncs@3.0.1', 'untrusted')).toBe('errno 111')
  })

  test('the words of the uppermost layer come first', () => {
    expect(codeOf('nrf9160@1.3.4+ncs@2.4.2+memfault@0.43.3', 'untrusted')).toBe('rv=-<errno>')
    expect(codeOf('nrf9160@1.3.4+ncs@2.4.2+memfault@0.43.3', 'record-too-large')).toBe('errno 122')
  })

  test('the range comes from a Kconfig choice up to SDK 2.8 and shrinks by itself from 2.9 on', () => {
    const old = resolveDevice('nrf9160@1.3.7+ncs@2.8.0', catalogue).http
    expect(old?.rangeSetting?.value).toBe('CONFIG_DOWNLOAD_CLIENT_HTTP_FRAG_SIZE_{bytes}=y')
    expect(old?.rangeChoices?.value).toEqual([256, 512, 1024, 2048])
    const newer = resolveDevice('nrf9160@1.3.7+ncs@2.9.0', catalogue).http
    expect([newer?.rangeChoices, newer?.onRecordTooLarge?.value]).toEqual([undefined, 'shrinks'])
  })

  test('Memfault 0.43.3 holds four roots, the DigiCert CA first', () => {
    expect(resolveDevice('memfault@0.43.3', catalogue).anchorsHeld?.value).toEqual([
      'digicert-global-root-ca',
      'digicert-global-root-g2',
      'baltimore-cybertrust-root',
      'amazon-root-ca-1',
    ])
  })

  test('SNI begins with modem firmware 1.2.1', () => {
    expect(resolveDevice('nrf9160@1.2.0', catalogue).hello.sni?.value).toBe('never')
    expect(resolveDevice('nrf9160@1.2.1', catalogue).hello.sni?.value).toBe('with-name-check')
  })

  test('GCM comes with 1.1.5, 1.2.7 and 1.3.1 and is missing in 1.3.0', () => {
    const gcm = (version: string) =>
      resolveDevice(`nrf9160@${version}`, catalogue).hello.cipherSuites?.value.some((name) =>
        name.includes('GCM'),
      )
    expect(['1.1.4', '1.1.5', '1.2.6', '1.2.7', '1.3.0', '1.3.1'].map(gcm)).toEqual([
      false,
      true,
      false,
      true,
      false,
      true,
    ])
  })

  test('ESP-IDF refuses a message cut over records up to 4.4; what 5.x does with it is not known', () => {
    const treated = (version: string) =>
      resolveDevice(`esp-idf@${version}`, catalogue).handshakeFragments?.value
    expect(['3.3', '4.0', '4.2', '4.3.7', '4.4.8'].map(treated)).toEqual(Array(5).fill('refused'))
    expect(['5.0', '5.5'].map(treated)).toEqual([undefined, undefined])
  })

  test('an iPAddress entry is compared by ESP-IDF 5.5; of the whole of 5.x, or a part below, that is not known', () => {
    const compared = (version: string) =>
      resolveDevice(`esp-idf@${version}`, catalogue).verification.ipAddressSan?.value
    expect(['4.4', '5.x', '5.1', '5.2..5.5', '5.5', '5.5.5', '6.0'].map(compared)).toEqual([
      'unmatched',
      undefined,
      undefined,
      undefined,
      'matched',
      'matched',
      'matched',
    ])
  })

  test('a handshake failure is 0x8010 up to ESP-IDF 4.3 and 0x801A from 4.4 on, after the number of Mbed TLS', () => {
    expect(codesOf('esp-idf@4.3.7', 'untrusted')).toEqual(['<code>', '0x8010'])
    expect(codesOf('esp-idf@4.4.8', 'untrusted')).toEqual(['<code>', '0x801A'])
    expect(codesOf('esp-idf@3.3', 'untrusted')).toEqual(['<code>'])
  })
})

describe('limits carry what the field rows show', () => {
  test('nRF91 chain: 5,307 B sent and 3,640 B of path passed, 4,330 B of path failed', () => {
    const { chainBytes } = resolveDevice('nrf9160@1.3.7', catalogue).limits
    expect(chainBytes).toMatchObject({ value: 4096, counts: 'unknown', candidates: ['sent', 'path'] })
    expect(chainBytes?.passes).toEqual({ sent: 5307, path: 3640 })
    // 5,279 B sent was refused and 5,307 B sent accepted: what is sent does not decide
    expect(chainBytes?.fails).toEqual({ path: 4330 })
  })

  test('all six rows of the nRF91 chain are at hand, for both modems', () => {
    for (const id of ['nrf9160', 'nrf91x1']) {
      const rows = resolveDevice(id, catalogue).evidence.filter(({ limit }) => limit === 'chainBytes')
      expect(rows.map(({ outcome }) => outcome)).toEqual([
        'accepted',
        'accepted',
        'accepted',
        'refused',
        'refused',
        'refused',
      ])
    }
  })

  test('SPWF04: 2,500 to 2,560 B is open, 1,464 B passed and 3,813 B failed', () => {
    const { certificateBytes, storedAnchorBytes } = resolveDevice('spwf04sx', catalogue).limits
    expect(certificateBytes).toMatchObject({
      value: 2560,
      atLeast: 2500,
      passes: { certificate: 1464 },
      fails: { certificate: 3813 },
    })
    expect(storedAnchorBytes).toMatchObject({ value: 1475, counts: 'bundle' })
  })

  test('SPWF04 and RSA-4096 are in conflict: no value, a witness and a disputed figure, no refusal', () => {
    const { rsaKeyBits } = resolveDevice('spwf04sx', catalogue).limits
    expect(rsaKeyBits).toMatchObject({ value: undefined, passes: { bits: 4096 }, fails: {} })
    expect(rsaKeyBits?.disputed.map(({ value }) => value)).toEqual([2048])
  })

  test('a limit that only rows speak of has no value', () => {
    expect(resolveDevice('nrf9160@1.3.7', catalogue).limits.certificateBytes).toMatchObject({
      value: undefined,
      counts: 'certificate',
      passes: { certificate: 2184 },
    })
  })

  test('ESP-IDF has no field rows and keeps its documented limits', () => {
    const { evidence, limits } = resolveDevice('esp-idf@5.2', catalogue)
    expect(evidence).toEqual([])
    expect(limits.handshakeMessageBytes).toMatchObject({ value: 16_384, counts: 'message' })
    expect(limits.chainBytes).toBeUndefined()
  })
})

describe('the whole catalogue', () => {
  test('all lists every range of every lowest layer once', () => {
    const ids = listDevices(catalogue).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toContain('nrf9160@1.2.1..1.2.6+ncs@2.7.0')
    expect(ids).toContain('esp-idf@5.x')
    expect(ids.some((id) => id.startsWith('ncs@') || id.startsWith('memfault'))).toBe(false)
  })

  test('a profile of the user’s own is named by its path', () => {
    const text = [
      'family: mine',
      'name: My module',
      "defaultVersion: '2.0'",
      'sources: { bench: { confidence: measured, where: our bench } }',
      'common: { limits: { chainBytes: { value: 3000, counts: sent, source: bench } } }',
      "ranges: { '2.x': null }",
    ].join('\n')
    const device = resolveDevice(
      './my.yaml@2.1',
      catalogue,
      new Map([['./my.yaml', parseProfile(text, './my.yaml')]]),
    )
    expect(device.id).toBe('mine@2.1')
    expect(device.limits.chainBytes).toMatchObject({
      value: 3000,
      confidence: 'measured',
      source: 'our bench',
    })
    expect(device.hello.origin).toBe('assumed')
  })

  test('a broken profile is reported when it is used, with its file', () => {
    const broken = makeCatalogue(new Map([['bad.yaml', 'family: bad\n']]), new Map(), '')
    expect(broken.families).toEqual(['bad'])
    const error = refusalOf(() => resolveDevice('bad', broken))
    expect(error).toBeInstanceOf(DataFileError)
    expect((error as DataFileError).message).toContain('devices/bad.yaml')
  })
})

function codesOf(id: string, kind: string): readonly string[] {
  return resolveDevice(id, catalogue)
    .errors.filter(({ when }) => (when as readonly string[]).includes(kind))
    .map(({ code }) => code)
}

function codeOf(id: string, kind: string): string | undefined {
  return codesOf(id, kind)[0]
}

function refusalOf(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}

describe('what an update would change', () => {
  test('nRF9160 1.2.0 gains SNI with 1.2.1 and GCM with 1.2.7', () => {
    const { later } = resolveDevice('nrf9160@1.2.0', catalogue)
    expect(later.map(({ version }) => version)).toEqual(['1.2.1', '1.2.7', '1.3.0', '1.3.1'])
    expect(later.find(({ hello }) => hello.sni?.value !== 'never')?.version).toBe('1.2.1')
    const gcm = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
    expect(later.find(({ hello }) => hello.cipherSuites?.value.includes(gcm))?.version).toBe('1.2.7')
  })

  test('the newest version has nothing later', () => {
    expect(resolveDevice('nrf9160@1.3.7', catalogue).later).toEqual([])
  })
})
