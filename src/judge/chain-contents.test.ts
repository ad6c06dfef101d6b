import { describe, expect, test } from 'vitest'
import { limit, modem, noLimits } from '../../test/support/judge-devices.ts'
import { found, judged, pemOf } from '../../test/support/judge-observations.ts'

const edge = pemOf('chain-edge-microsoft-com-g2', 'edge.microsoft.com')

describe('an RSA key under the smallest that is accepted', () => {
  const strict = (bits: number) =>
    modem({ limits: { ...noLimits, rsaKeyBitsMin: limit({ value: bits, counts: 'bits' }) } })

  test('is refused by who verifies, and no matter to who does not', () => {
    const full = judged(edge, { device: strict(4096) })
    expect(found(full, 'rsa-key-too-small')).toMatchObject({ effect: 'blocks' })
    const off = judged(edge, { device: strict(4096), verify: 'none' })
    expect(found(off, 'rsa-key-too-small')).toMatchObject({ effect: 'info' })
    expect(off.state).not.toBe('blocked')
  })

  test('and one over the largest is refused by both: it cannot be computed with', () => {
    const device = modem({ limits: { ...noLimits, rsaKeyBits: limit({ value: 1024, counts: 'bits' }) } })
    expect(judged(edge, { device, verify: 'none' }).state).toBe('blocked')
  })
})
