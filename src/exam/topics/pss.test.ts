import { describe, expect, test } from 'vitest'
import { examine } from '../../../test/support/examine.ts'
import { type ModelDevice, modelHello } from '../../../test/support/model-device.ts'
import type { ClientOffer } from '../../tls/client-offer.ts'
import { measuredProfile } from '../measured-profile.ts'
import { untoldOf } from '../untold.ts'
import { keyFound, pssFound } from './keys.ts'

const offering = (schemes: number[]): ClientOffer => ({
  ...modelHello,
  extensions: modelHello.extensions.map((one) =>
    one.kind === 'signature_algorithms' ? { ...one, schemes } : one,
  ),
})

function profileOf(device: ModelDevice) {
  const exam = examine(device)
  const { common } = measuredProfile(exam, { family: 'model', version: '0' })
  return { exam, common: common as { build?: { pssBelow13?: unknown }; quirks?: { value: string }[] } }
}

describe('RSA-PSS in a key exchange of TLS 1.2', () => {
  test('is told as refused of a device that takes the same key by PKCS #1 v1.5, and no size of RSA is refused for it', () => {
    const { exam, common } = profileOf({ lacks: ['pss'] })
    expect(pssFound(exam)).toBe('refuses')
    expect(keyFound(exam, 'rsa-4096')).toBe('takes')
    expect(common.build?.pssBelow13).toMatchObject({ value: 'refused' })
    expect(common.quirks?.map(({ value }) => value).join()).toContain('RSA keys must sign by PKCS #1 v1.5')
  })

  test('is told as verified where it is taken, by a connection of its own', () => {
    const { exam, common } = profileOf({})
    expect(common.build?.pssBelow13).toMatchObject({ value: 'verified' })
    expect(exam.answers.filter(({ probe }) => probe.serving.rsaSignature === 'pss')).toHaveLength(1)
  })

  test('is not told of a device that refuses the key itself', () => {
    const { exam, common } = profileOf({ lacks: ['rsa-2048'] })
    expect(common.build).toBeUndefined()
    expect(untoldOf(exam).map(({ what }) => what)).toContain('rsa-pss')
  })

  test('is no question where one of the two forms is not offered, or TLS 1.3 is all that it speaks', () => {
    for (const hello of [offering([0x0403, 0x0401]), offering([0x0403, 0x0804])]) {
      const { exam } = profileOf({ hello })
      expect(pssFound(exam)).toBe('not-offered')
      expect(exam.answers.some(({ probe }) => probe.serving.rsaSignature === 'pss')).toBe(false)
    }
    expect(pssFound(examine({ only13: true }))).toBeUndefined()
  })
})
