import { describe, expect, test } from 'vitest'
import { examine } from '../../test/support/examine.ts'
import { measuredAgainst } from '../../test/support/measured-against.ts'
import type { ModelDevice } from '../../test/support/model-device.ts'
import { Exam } from '../exam/exam.ts'
import { formatMeasured } from './measured-text.ts'

const options = { columns: 110, color: false }
const textOf = (model: ModelDevice) =>
  formatMeasured({ device: '192.0.2.1 abcdef0123', exam: examine(model) }, options)

describe('the report of a measured device', () => {
  test('a limit known to the byte is its figure, one that was not met is a lower bound', () => {
    const text = textOf({ message: 4096, joins: false })
    expect(text).toMatch(
      /handshake message +4,096 bytes\n +4,096 pass, 4,097 fail; counts the handshake message/,
    )
    expect(text).toMatch(/data record +at least 16,384 bytes\n +the largest that TLS allows/)
    expect(text).toMatch(/one certificate +at least 4,084 bytes\n +a larger one is more than the whole chain/)
  })

  test('what it accepts comes first, with its severity, what is at risk and what to do', () => {
    const text = textOf({ accepts: ['wrong-name', 'stranger', 'unknown-ca'] })
    expect(text.indexOf('Security: it accepted')).toBeLessThan(text.indexOf('Measured'))
    expect(text).toMatch(
      /critical {2}a certificate for another name\n +whoever has .+\n +give its TLS library the host name/,
    )
  })

  test('what is not told is named with its reason', () => {
    expect(textOf({ asks: false })).toMatch(/how large a record of data may be\n +it asked nothing by HTTP/)
  })

  test('what differs from the catalogue is told with both sides and the source', () => {
    const text = formatMeasured(measuredAgainst({ message: 4096, joins: false }, 'mbedtls@2.28'), options)
    expect(text).toMatch(/Not as the catalogue says of mbedtls@2\.28 \(Mbed TLS 2\.28\)/)
    expect(text).toMatch(
      /limits: handshake message\n {4}catalogue {2}16,384 bytes\n[^A]+?source-code: .+\n[^A]*? {4}measured {3}4,096 bytes\n/,
    )
  })

  test('one that never took the plain chain is told what may be wrong, and nothing else', () => {
    const before = examine({}).answers[0]!
    const exam = new Exam([
      { ...before, outcome: { ...before.outcome, reached: 'hello', version: undefined } },
    ])
    const text = formatMeasured({ device: '192.0.2.1', exam }, options)
    expect(text).toMatch(/not measured {2}it never took the plain chain: is the test CA loaded/)
    expect(text).not.toMatch(/Not told|Measured/)
  })
})
