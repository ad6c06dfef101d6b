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
const top = (count: number, ...lines: readonly string[]) =>
  rank(...lines)
    .causes.slice(0, count)
    .map(({ id }) => id)

const weightOf = (cause: string, ...lines: readonly string[]) =>
  rank(...lines).causes.find(({ id }) => id === cause)?.weight ?? 0

describe('what the sixth set of logs showed', () => {
  test('a stack overflow in the task of a client is a failure; in another task it is beside the matter', () => {
    const overflow = (task: string) => `***ERROR*** A stack overflow in task ${task} has been detected.`
    expect(rank(overflow('mqtt_task'))).toMatchObject({ failed: true, causes: [{ id: 'out-of-memory' }, {}] })
    expect(first(overflow('websocket_task'))).toBe('out-of-memory')
    expect(rank(overflow('blink')).failed).toBe(false)
  })

  test('a missing length is none where HTTP said that the file is not there', () => {
    const length = '[10:18:46][D][http_request.arduino:125]: Content-Length: -1'
    const status = (code: number) =>
      `[10:18:46][E][http_request.arduino:119]: HTTP Request failed; URL: https://x/m.json; Code: ${code}`
    expect(first(status(404), length)).toBe('other')
    expect(weightOf('no-content-length', status(404), length)).toBeLessThan(0.1)
    expect(first(length)).toBe('no-content-length')
  })

  test('errors of a verification that the program overrides are no cause', () => {
    const refused = 'MQTT TLS Verify Callback for mqttclient: PreVerify 0, Error -150 (none)'
    const timeout = ['NetRead: Error 116', 'MQTT Socket Connect: Error (TLS Connect) (-6)']
    expect(first(refused, ...timeout)).toBe('clock-unset')
    expect(weightOf('clock-unset', refused, '  Allowing cert anyways', ...timeout)).toBeLessThan(0.1)
  })

  test('flags and numbers by the names of esp_mqtt_error_codes_t are read, decimal and hexadecimal', () => {
    const line = (flags: string) =>
      `esp_tls_stack_err=9984; esp_tls_cert_verify_flags=${flags};esp_transport_sock_errno=0;connect_return_code=0`
    expect(first(line('8'))).toBe('untrusted-root')
    expect(first(line('4'))).toBe('name-mismatch')
    expect(first(line('0x200'))).toBe('clock-unset')
    expect(rank('esp_tls_stack_err=0; esp_tls_cert_verify_flags=0;esp_transport_sock_errno=0').failed).toBe(
      false,
    )
  })

  test('BearSSL without an anchor says so, with the asterisks and without', () => {
    for (const will of ['will', '*will*']) {
      const line = `BSSL: Connection ${will} fail, no authentication method is setup:wr 250 0`
      expect(rank(line, 'failed, rc=-2 try again in 5 seconds').causes[0]?.id).toBe('no-trust-anchor')
    }
  })

  test('axTLS returns an alert as its number', () => {
    const alert = (code: number) =>
      top(
        2,
        '>>> tls = ssl.wrap_socket(s, server_hostname=host)',
        'Traceback (most recent call last):',
        '  File "<stdin>", line 1, in <module>',
        `OSError: -${code}`,
      )
    expect(alert(40)).toEqual(['no-common-cipher', 'sni-missing'])
    expect(alert(70)[0]).toBe('no-common-version')
    // Numbers of lwIP come first.
    expect(alert(104)[0]).toBe('tcp-refused')
  })

  test('what libuclient calls a failed connection is no TCP where TLS said what failed', () => {
    const failed = 'Connection error: Connection failed'
    const illegal = 'SSL error: SSL - A field in a message was incorrect or inconsistent with other fields'
    expect(first('Connecting to 69.42.215.252:443', illegal, failed)).toBe('tls-stack-bug')
    expect(top(9, illegal, failed)[1]).not.toBe('tcp-refused')
    expect(first(failed)).toBe('tcp-refused')
  })

  test('a URL whose scheme contradicts its port counts, beside a failure', () => {
    const failed = 'RuntimeError: Unable to read HTTP response.'
    expect(
      first('import adafruit_requests', 'Fetching text from http://api.example.com:443/data', failed),
    ).toBe('scheme-port-mismatch')
    expect(
      top(9, 'import adafruit_requests', 'Fetching text from https://api.example.com:443/data', failed),
    ).not.toContain('scheme-port-mismatch')
    expect(rank('Fetching text from http://api.example.com:443/data').causes).toEqual([])
  })

  test('MiniMQTT without TLS at a port for TLS', () => {
    const gaveUp = 'MMQTTException: Repeated connect failures'
    expect(first('Establishing an INSECURE connection to io.adafruit.com:8883', gaveUp)).toBe(
      'scheme-port-mismatch',
    )
    expect(first(gaveUp)).toBe('scheme-port-mismatch')
    expect(rank(gaveUp).causes[0]?.confidence).toBe('possible')
  })

  test('a lone line of a failed connection is a list, and decides nothing', () => {
    for (const line of [
      'E (8123) app: esp_http_client_perform failed: ESP_ERR_HTTP_CONNECT',
      'E (13570) esp-tls: Failed to open new connection',
      'E (4512) HTTP_CLIENT: Connection failed, sock < 0',
    ]) {
      const { causes, decided } = rank(line)
      expect(causes.length).toBeGreaterThan(4)
      expect(causes[0]?.confidence).toBe('possible')
      expect(decided).toBe(false)
    }
  })

  test('the end of a connection around an HTTP 200 is no failure, ENOTCONN neither', () => {
    const ok = 'I (5123) app: HTTP GET Status = 200, content_length = 12'
    const ended = 'W (5120) HTTP_CLIENT: esp_transport_read returned:-1 and errno:128'
    expect(rank(ok, ended).failed).toBe(false)
    expect(rank(ended, ok).failed).toBe(false)
    expect(first(ended)).toBe('server-closed-after-handshake')
    expect(rank(ok, 'W (5120) HTTP_CLIENT: esp_transport_read returned:-1 and errno:104').failed).toBe(true)
  })

  test('a modem with one number for TLS: suites and versions first, or what is stored, and nothing decided', () => {
    const action = rank(
      'AT+HTTPPARA="URL","https://example.com/fw.bin"',
      'AT+HTTPACTION=0',
      'OK',
      '+HTTPACTION: 0,715,0',
    )
    expect(
      action.causes
        .slice(0, 3)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['no-common-cipher', 'no-common-version', 'sni-missing'])
    const open = rank('AT+QMTOPEN=0,"x-ats.iot.us-west-2.amazonaws.com",8883', 'OK', '+QMTOPEN: 0,-1')
    expect(open.causes[0]?.id).toBe('untrusted-root')
    const socket = rank('AT+USECPRF=0,0,1', 'OK', 'AT+USOCO=0,"arduino.cc",443', 'ERROR')
    expect(socket.causes[0]?.id).toBe('untrusted-root')
    for (const { decided, causes } of [action, open, socket])
      expect([decided, causes[0]?.confidence]).toEqual([false, 'possible'])
    expect(first('AT+USOCO=0,"example.org",80', 'ERROR')).toBe('tcp-timeout')
  })

  test('a server of plain HTTP that can read no request was sent TLS', () => {
    const device = 'E (3939653) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7280'
    expect(first(device, 'EOFError: line without CRLF')).toBe('scheme-port-mismatch')
    expect(first(device)).not.toBe('scheme-port-mismatch')
  })

  test('a modem that does not answer its driver is no root that is missing', () => {
    const fail = '[ERROR] IoTHub client connect fail: MQTT CONNECT FAIL status: 65541'
    expect(first('ATCore ERROR:AT_sendcmd error: parse from rsp', fail)).toBe('no-network')
    expect(first(fail)).not.toBe('no-network')
  })

  test('lines of other programs that the set brought', () => {
    expect(first('AT^SJMSEC="file","x.bin"', '^SJMSEC: 1,"wrong command format"')).toBe(
      'credential-malformed',
    )
    expect(first('Err(Nrfxlib(Nordic("tls_connect", -1, 45)))')).toBe('untrusted-root')
    expect(first('perform_ssl_handshake(): mbedtls_ssl_get_record_expansion returned -0xffffffe3')).toBe(
      'tls-stack-bug',
    )
    const written = (size: number) =>
      `Error code (83) writing binary data to flash at offset 4020 and size ${size}`
    expect(first(written(-1))).toBe('no-content-length')
    expect(rank(written(1_132_272)).causes).toEqual([])
  })
})
