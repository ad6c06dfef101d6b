import { describe, expect, test } from 'vitest'
import { modem, sourced } from '../../test/support/judge-devices.ts'
import {
  close,
  connection,
  dial,
  found,
  hello,
  idsOf,
  judged,
} from '../../test/support/judge-observations.ts'
import type { Connection, MqttExchange } from '../observe/observation.ts'

const exchange: MqttExchange = {
  ...{ connectBytes: 30, protocolLevel: 4, clientId: 'c', connack: undefined, error: 'closed' },
}
const accepted: MqttExchange = {
  ...exchange,
  connack: { returnCode: 0, sessionPresent: false },
  error: undefined,
}

function broker(connections: readonly Connection[], text = 'mqtts://host.example') {
  return dial(connections, {}, { text, protocol: 'mqtts', port: 8883, path: undefined, pathBytes: undefined })
}
const closed = (sni: string | undefined) =>
  connection({ hello: hello({ sni }), mqtt: exchange, close: close('fin', 150) })
const probe = (mqtt: MqttExchange) => connection({ role: 'probe', mqtt })

describe('the service closes on the CONNECT', () => {
  test('under a wrong server name, and answers under its own: the name is to blame', () => {
    const verdict = judged(broker([closed('wrong.example'), probe(accepted)]))
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'mqtt' })
    expect(found(verdict, 'sni-wrong')).toMatchObject({
      cause: 'sni-wrong',
      details: { sent: 'wrong.example', host: 'host.example', closed: 'fin' },
      fixes: [{ id: 'set-sni-to-endpoint', with: { host: 'host.example' } }],
    })
    expect(idsOf(verdict)).not.toContain('closed-after-handshake')
  })

  test('under both names: neither cause is certain', () => {
    const verdict = judged(broker([closed('wrong.example'), probe(exchange)]))
    expect(verdict.state).toBe('undecided')
    expect(idsOf(verdict, 'unknown')).toEqual(expect.arrayContaining(['sni-wrong', 'closed-after-handshake']))
  })

  test('under its own name: policy, client id or certificate, and only the credentials of the device tell', () => {
    const verdict = judged(broker([closed('HOST.example.')]))
    expect(found(verdict, 'closed-after-handshake')).toMatchObject({
      effect: 'unknown',
      cause: 'server-closed-after-handshake',
      details: { how: 'fin', records: 1, afterMs: 50 },
    })
    expect(idsOf(verdict)).not.toContain('sni-wrong')
    expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'credentials' }))
  })

  test('without a server name, and answers with one', () => {
    const device = modem({ hello: { ...modem().hello, sni: sourced('never') } })
    const verdict = judged(broker([closed(undefined), probe(accepted)]), { device })
    expect(found(verdict, 'sni-missing')).toMatchObject({ effect: 'blocks', stage: 'mqtt' })
  })

  test('without a server name though the device can send one: the cure is to pass it, not to update', () => {
    const newer = { ...modem().hello, sni: sourced('host-name' as const) }
    const later = { version: '2.0.0', hello: newer, certificateSignatures: undefined }
    const device = modem({ hello: newer, later: [later] })
    const verdict = judged(broker([closed(undefined), probe(accepted)]), { device })
    expect(found(verdict, 'sni-missing')).toMatchObject({
      details: { reason: 'not-set' },
      fixes: [{ id: 'set-sni-to-endpoint', with: { host: 'host.example' } }],
    })
  })

  test('because of the name: the device shows what it shows for a close, as its handshake was completed', () => {
    const known = { source: 'the test', confidence: 'measured', log: undefined } as const
    const errors = [
      { ...known, when: ['hello-refused'], code: 'errno 111' },
      { ...known, when: ['closed-after-handshake'], code: 'errno 128' },
    ] as const
    const device = modem({ errors, hello: { ...modem().hello, sni: sourced('never') } })
    const missing = judged(broker([closed(undefined), probe(accepted)]), { device })
    const wrong = judged(broker([closed('wrong.example'), probe(accepted)]), { device })
    expect(found(missing, 'sni-missing')!.deviceWords!.code).toBe('errno 128')
    expect(found(wrong, 'sni-wrong')!.deviceWords!.code).toBe('errno 128')
  })

  test('no cure sets the name to nothing', () => {
    const verdict = judged(broker([closed('wrong.example'), probe(accepted)]))
    const fixes = verdict.findings.flatMap((finding) => finding.fixes)
    expect(fixes.flatMap(({ with: facts }) => Object.values(facts))).not.toContain('NULL')
  })
})

describe('the broker answers', () => {
  const refusing = (returnCode: number, text?: string) =>
    judged(
      broker([connection({ mqtt: { ...accepted, connack: { returnCode, sessionPresent: false } } })], text),
    )

  test('0: nothing to say', () => {
    expect(judged(broker([connection({ mqtt: accepted })])).state).toBe('fits')
  })

  test('5 to given credentials blocks, to none it is open', () => {
    expect(found(refusing(5, 'mqtts://user:…@host.example'), 'mqtt-refused')).toMatchObject({
      effect: 'blocks',
    })
    expect(found(refusing(5), 'mqtt-refused')).toMatchObject({ effect: 'unknown' })
  })

  test('nothing, or no MQTT', () => {
    const end = (error: string) =>
      judged(broker([connection({ mqtt: { ...exchange, error }, close: close('timeout', 5100) })]))
    expect(found(end('timeout'), 'mqtt-no-answer')!.details.waitedMs).toBe(5000)
    expect(found(end('not-mqtt'), 'protocol-violation')).toMatchObject({ stage: 'mqtt' })
  })
})
