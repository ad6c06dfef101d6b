import { describe, expect, test } from 'vitest'
import { openDialects } from '../../src/io/dialect-files.ts'
import { rankCauses } from '../../src/judge/causes.ts'
import { LogReader } from '../../src/log/log-reader.ts'

const dialects = openDialects()

function firstCause(lines: readonly string[]): string | undefined {
  const reader = new LogReader(dialects)
  reader.push(Buffer.from(lines.join('\n')))
  return rankCauses(reader.finish()).causes[0]?.id
}

describe('the ranking', () => {
  test('keeps a cause that a later line names, though the handshake was complete before it', () => {
    const lines = [
      '  . Performing the SSL/TLS handshake... ok',
      '  . Verifying peer X.509 certificate... failed',
      '  ! The certificate Common Name (CN) does not match with the expected CN',
    ]
    expect(firstCause(lines)).toBe('name-mismatch')
  })

  test('takes what follows from a number for no second failure', () => {
    const lines = [
      'E (16447) esp-tls-mbedtls: mbedtls_x509_crt_parse of public cert returned -0x262E',
      'E (16447) esp-tls-mbedtls: Failed to set client pki context',
      'E (16462) esp-tls: create_ssl_handle failed',
      'E (16467) esp-tls: Failed to open new connection',
    ]
    expect(firstCause(lines)).toBe('sigalg-unsupported')
  })

  test('counts a time of 1970 beside a certificate that was not accepted', () => {
    const lines = [
      'Time:Thu Jan  1 01:54:54 1970 Func:send_handshake_bytes error:1416F086:SSL routines:tls_process_server_certificate:certificate verify failed',
    ]
    expect(firstCause(lines)).toBe('clock-unset')
  })

  test('says no cause of what is printed while all is well', () => {
    const renewed =
      'Connection Status result:IOTHUB_CLIENT_CONNECTION_UNAUTHENTICATED, Connection Status reason: IOTHUB_CLIENT_CONNECTION_EXPIRED_SAS_TOKEN'
    expect(firstCause([renewed])).toBeUndefined()
    // axTLS grows its buffer for a larger record.
    expect(firstCause(['ssl->need_bytes=3904 > 1229', 'State:\treceiving Finished (16)'])).toBeUndefined()
    const closed =
      '[E][ssl_client.cpp:37] _handle_error(): [data_to_read():361]: (-30848) SSL - The peer notified us that the connection is going to be closed'
    expect(firstCause(['[D][HTTPClient.cpp:1257] handleHeaderResponse(): code: 200', closed])).toBeUndefined()
    expect(firstCause([closed])).toBe('server-closed-after-handshake')
  })

  test('says what failed, where a buffer could not grow', () => {
    expect(firstCause(['ssl->need_bytes=16448 > 6859', 'failed to grow plain buffer'])).toBe('out-of-memory')
  })
})
