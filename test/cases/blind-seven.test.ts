import { describe, expect, test } from 'vitest'
import { openDialects } from '../../src/io/dialect-files.ts'
import { type CauseRanking, rankCauses } from '../../src/judge/causes.ts'
import { LogReader } from '../../src/log/log-reader.ts'

const dialects = openDialects()

function rank(...lines: readonly string[]): CauseRanking {
  const reader = new LogReader(dialects)
  reader.push(Buffer.from(lines.join('\n')))
  return rankCauses(reader.finish())
}

const first = (...lines: readonly string[]) => rank(...lines).causes[0]?.id

const weightOf = (cause: string, ...lines: readonly string[]) =>
  rank(...lines).causes.find(({ id }) => id === cause)?.weight ?? 0

describe('what the seventh set of logs showed', () => {
  test('"connection refused" in the log of a sketch is the one word of its HTTP client', () => {
    const verified = '[V][ssl_client.cpp:225] start_ssl_client(): Certificate verified.'
    expect(rank(verified, 'connection refused').causes[0]?.confidence).toBe('possible')
    expect(first('connection refused')).toBe('tcp-refused')
  })

  test('an error that says "MQTT Connected" is an error', () => {
    const error = 'I (3897) MQTT_CLIENT: Error MQTT Connected'
    expect(rank(error).failed).toBe(true)
    expect(
      weightOf('server-closed-after-handshake', 'E (3897) MQTT_CLIENT: Error network response', error),
    ).toBe(weightOf('server-closed-after-handshake', 'E (3897) MQTT_CLIENT: Error network response'))
  })

  test('PubSubClient with its number behind a blank; -4 is also a plain client at a port for TLS', () => {
    const late = rank('Attempting MQTT Connection...failed, rc= -4')
    expect(late.causes.slice(0, 2).map(({ id }) => id)).toEqual([
      'scheme-port-mismatch',
      'server-closed-after-handshake',
    ])
    expect(late.causes[0]?.confidence).toBe('possible')
  })

  test('a status that is known counts more than that it was a wrong one', () => {
    const wrong = 'HTTP_UPDATE_FAILD Error (-104): Wrong HTTP Code'
    const bad = "[HTTP-Client][handleHeaderResponse] RX: 'HTTP/1.1 400 Bad Request'"
    expect(first(wrong)).toBe('redirect-cross-host')
    expect(first(bad, wrong)).toBe('scheme-port-mismatch')
    expect(weightOf('redirect-cross-host', bad, wrong)).toBeLessThan(0.2)
  })

  test('wolfSSL: a date before its time, a key larger than the arithmetic, a CA that is not loaded', () => {
    const date = 'I (2833) wolfssl: Date BEFORE check failed'
    expect(rank(date).causes[0]).toMatchObject({ id: 'clock-unset', confidence: 'possible' })
    expect(rank(date, 'I (2953) wolfssl: wolfSSL_connect success').decided).toBe(false)
    expect(first('E (306400) webclient: wolfSSL_connect err: -112')).toBe('rsa-key-too-large')
    expect(first('E (5859) tls_client: ERROR: failed to load -150, please check the file.')).toBe(
      'clock-unset',
    )
  })

  test('mbedtls_ssl_setup() with a number that no table has lacks memory', () => {
    expect(first('mbedtls_ssl_setup returned 0x700')).toBe('out-of-memory')
  })

  test('MicroPython: a record that does not fit, and a low number that is busy or memory', () => {
    expect(first('TLS buffer overflow, record size: 9040 (+5)')).toBe('record-too-large')
    const low = rank('>>> import urequests as requests', 'OSError: 16')
    expect(low.causes[0]).toMatchObject({ id: 'out-of-memory', confidence: 'possible' })
  })

  test('what two libraries say of any failed connect', () => {
    expect(rank('[BOT]Conection error').causes[0]).toMatchObject({
      id: 'no-trust-anchor',
      confidence: 'possible',
    })
    expect(first('Token error: code: -4, message: connection lost')).toBe('no-network')
  })
})
