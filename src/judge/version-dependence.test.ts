import { describe, expect, test } from 'vitest'
import { resolveDevice } from '../device/catalogue.ts'
import type { Device } from '../device/device.ts'
import { makeCatalogue } from '../device/make-catalogue.ts'
import type { Finding } from '../finding/finding.ts'
import { versionsItHangsOn } from './version-dependence.ts'

const box = `family: box
name: Box
defaultVersion: '2.0'
sources:
  manual: { confidence: documented, where: the manual }
  guess: { confidence: inferred, where: a neighbour }
common:
  hello:
    versions: { value: [TLSv1.2], source: manual }
  limits:
    certificateBytes: { value: 1500, counts: der, source: manual }
    rsaKeyBits: { value: 4096, counts: modulus, source: manual }
ranges:
  '1.0':
    limits:
      certificateBytes: { value: 1300, counts: der, source: manual }
      rsaKeyBits: { value: 4096, counts: modulus, source: guess }
  '2.0':
    limits:
      chainCertificates: { value: 4, counts: sent, source: manual }
`
  .replaceAll('counts: der', 'counts: sent')
  .replaceAll('counts: modulus', 'counts: sent')

const even = box.replaceAll('box', 'even').replace(/'1\.0':[\s\S]*'2\.0':[\s\S]*$/, "'1.0':\n  '2.0':\n")
const catalogue = makeCatalogue(
  new Map([
    ['box.yaml', box],
    ['even.yaml', even],
  ]),
  new Map(),
  'ranges: {}',
)

/** A finding by one limit of the device, or by none. */
function by(device: Device, key?: 'certificateBytes' | 'rsaKeyBits' | 'chainCertificates'): Finding {
  return { limit: key === undefined ? undefined : device.limits[key] } as Finding
}

describe('what a finding hangs on', () => {
  test.each([
    ['another value in another version', 'certificateBytes'],
    ['the same value in another version, but only guessed there', 'rsaKeyBits'],
    ['a value that another version does not have', 'chainCertificates'],
  ] as const)('%s: the version, where nobody named it', (_what, key) => {
    const untold = resolveDevice('box', catalogue)
    expect(versionsItHangsOn(by(untold, key), untold, catalogue).map(({ family }) => family)).toEqual(['box'])
    const told = resolveDevice('box@2.0', catalogue)
    expect(versionsItHangsOn(by(told, key), told, catalogue)).toEqual([])
  })

  test('what is the same in every version is so in the one that nobody named', () => {
    const untold = resolveDevice('even', catalogue)
    expect(versionsItHangsOn(by(untold, 'certificateBytes'), untold, catalogue)).toEqual([])
    expect(versionsItHangsOn(by(untold), untold, catalogue)).toEqual([])
  })
})
