import { describe, expect, test } from 'vitest'
import { openDialects } from '../../src/io/dialect-files.ts'
import { type CauseRanking, rankCauses } from '../../src/judge/causes.ts'
import { LogReader } from '../../src/log/log-reader.ts'

const dialects = openDialects()

function rank(line: string): CauseRanking {
  const reader = new LogReader(dialects)
  reader.push(Buffer.from(line))
  return rankCauses(reader.finish())
}

const first = (line: string) => rank(line).causes[0]?.id

/** Lines as the sources print them, that a sweep through the numbers of each stack found silent or misread. */
describe('a sweep through the lines and numbers of the stacks', () => {
  test.each([
    // esp_websocket_client.c: errno is what any call left; the number of TLS and the name of the error count.
    [
      'untrusted-root',
      'E (471) websocket_client: esp_transport_connect() failed with -1, transport_error=ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED, tls_error_code=9984, tls_flags=8, esp_ws_handshake_status_code=0, errno=119',
    ],
    [
      'tcp-timeout',
      'E (471) websocket_client: esp_transport_connect() failed with -1, transport_error=ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, tls_error_code=0, tls_flags=0, esp_ws_handshake_status_code=0, errno=119',
    ],
    [
      'server-closed-after-handshake',
      'E (471) websocket_client: esp_transport_read() failed with 0, transport_error=ESP_OK, tls_error_code=0, tls_flags=0, errno=119',
    ],
    // A summary's open placeholder hides no name that another format knows.
    ['redirect-cross-host', 'E (471) app: HTTP GET request failed: ESP_ERR_HTTP_MAX_REDIRECT'],
    ['tcp-timeout', 'E (471) app: HTTP GET request failed: ESP_ERR_HTTP_READ_TIMEOUT'],
    // esp-mqtt: CONNACK, and no TCP.
    ['server-closed-after-handshake', 'W (471) mqtt_client: Connection refused, Unknow reason'],
    // lwIP: codes of CONNACK below 256, its own from there; they are no reasons of Wi-Fi.
    ['auth-token-invalid', 'mqtt_connection_cb: Disconnected, reason: 5'],
    ['untrusted-root', 'mqtt_connection_cb: Disconnected, reason: 256'],
    ['dns-failure', 'result 3 len 0 server_response 0 err -6'],
    ['tcp-timeout', 'result 4 len 0 server_response 0 err -13'],
    ['no-network', '[WiFi] Disconnected, reason: 201'],
    // A buffer of 16 kB holds each record that TLS allows.
    ['scheme-port-mismatch', "OSError: (-29184, 'MBEDTLS_ERR_SSL_INVALID_RECORD')"],
    [
      'scheme-port-mismatch',
      '[E][ssl_client.cpp:37] _handle_error(): [start_ssl_client():276]: (-29184) SSL - An invalid SSL record was received',
    ],
    ['record-too-large', 'E (471) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7200'],
    ['record-too-large', 'ERROR - Tls(InsufficientSpace)'],
    ['record-too-large', 'recv failed, errno 122'],
    ['server-closed-after-handshake', 'recv failed, errno 104'],
    // Quectel: the result of a DFOTA download is that of HTTP, and so are the 700s of +CME ERROR.
    ['tcp-timeout', '+QIND: "FOTA","HTTPEND",702'],
    ['untrusted-root', '+CME ERROR: 716'],
    ['dns-failure', '+CME ERROR: 714'],
    // WINC1500, socket.h.
    ['no-network', 'AT+HTTPACTION=0\nHTTP status: 601'],
    ['dns-failure', 'SOCKET_MSG_CONNECT: SOCK_ERR_INVALID_ADDRESS'],
  ])('%s: %s', (cause, line) => {
    expect(first(line)).toBe(cause)
    expect(rank(line).decided).toBe(false)
  })

  test.each([
    'rest_client: rest_client_request() failed, err -111',
    'golioth_coap_client_zephyr: Failed to connect to socket: -111',
    'Socket 0 Connect failed; Error = -12',
  ])('what one number cannot tell apart is a list: %s', (line) => {
    const { causes } = rank(line)
    expect(causes.length).toBeGreaterThan(3)
    expect(causes[0]?.confidence).toBe('possible')
  })

  test('the end of a Bluetooth link is no failure of Wi-Fi, a stored image no failed download', () => {
    expect(rank('[BLE] Client disconnected, reason: 19').causes).toEqual([])
    expect(rank('+QIND: "FOTA","HTTPEND",0').causes).toEqual([])
  })

  test('a code of CONNACK is never negative', () => {
    for (const line of ['MQTTException: -5', 'failed, rc= -5', 'MQTT return code: -4', '+QMTCONN: 0,0,-4'])
      expect(first(line)).not.toBe('auth-token-invalid')
    for (const line of ['MQTTException: 5', 'failed, rc= 5', 'MQTT return code: 4', '+QMTCONN: 0,0,4'])
      expect(first(line)).toBe('auth-token-invalid')
  })

  test('a setting that was changed between a failure and a success is what failed, at no other place', () => {
    const [failed, served] = ['+HTTPACTION: 0,715,0', '+HTTPACTION: 0,200,30']
    const version = 'AT+CSSLCFG="sslversion",0,3'
    const sni = 'AT+QSSLCFG="sni",1,1'
    const log = (...lines: string[]) => rank(['AT+HTTPACTION=0', ...lines].join('\n'))
    expect(log(failed, version, served).causes[0]?.id).toBe('no-common-version')
    expect(log(failed, sni, served).causes[0]?.id).toBe('sni-missing')
    expect(log(failed, version, served).decided).toBe(false)
    const weight = ({ causes }: CauseRanking) => causes.find(({ id }) => id === 'no-common-version')?.weight
    expect(weight(log(version, failed))).toBe(weight(log(failed)))
    expect(weight(log(failed, version))).toBe(weight(log(failed)))
  })

  test('+QMTOPEN: -1 is a list with what is stored in the modem and what TLS says first', () => {
    const { causes, decided } = rank('+QMTOPEN: 0,-1')
    expect(causes.slice(0, 2).map(({ id }) => id)).toEqual(['untrusted-root', 'credential-malformed'])
    expect([causes[0]?.confidence, decided]).toEqual(['possible', false])
    const [open, error] = ['AT+QMTOPEN=0,"x-ats.iot.eu-west-1.amazonaws.com",8883', 'ERROR']
    expect(rank([open, '+QMTOPEN: 0,-1', error].join('\n')).causes[0]?.confidence).toBe('possible')
  })
})
