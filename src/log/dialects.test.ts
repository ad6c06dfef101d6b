import { describe, expect, test } from 'vitest'
import { openDialects } from '../io/dialect-files.ts'
import { makeDialects } from './dialects.ts'
import { LogReader } from './log-reader.ts'

const signs = 'signs:\n  - { id: bad, causes: { dns-failure: 90 }, says: it is bad }\n'

function dialect(line: string): string {
  return `id: d\nname: D\nsources: { s: somewhere }\nlines:\n  - ${line}\n`
}

function make(line: string) {
  return makeDialects({ signs, codes: new Map(), dialects: new Map([['d.yaml', dialect(line)]]) })
}

describe('the dialects', () => {
  const dialects = openDialects()

  test('are whole: every sign, table and source that a line names is there', () => {
    expect(dialects.lines.length).toBeGreaterThan(1000)
  })

  test('have formats that match their own text, where it has no placeholder', () => {
    const wrong = dialects.lines.filter(({ format }) => {
      return !format.expression.test(format.text) && format.names.length === 0
    })
    expect(wrong.map(({ format }) => format.text)).toEqual([])
  })

  test('are indexed once, however many logs are read', () => {
    expect(dialects.anchors).toBe(dialects.anchors)
  })

  test('have no format twice in one dialect', () => {
    const seen = new Set<string>()
    const twice = dialects.lines.flatMap(({ dialect: { id }, format, tags }) => {
      const key = `${id} ${tags.join()} ${format.text.toLowerCase()}`
      if (seen.has(key)) return [key]
      seen.add(key)
      return []
    })
    expect(twice).toEqual([])
  })

  // Lines as their sources print them, each alone: nobody pastes more than the line that they searched for.
  test.each([
    ['OSError: [Errno 104] ECONNRESET', 'tcp-reset'],
    ['OSError: [Errno 110] ETIMEDOUT', 'conn-timeout'],
    ['OSError: [Errno 12] ENOMEM', 'out-of-memory'],
    ['  File "umqtt/simple.py", line 110, in publish', 'session-was-up'],
    ['OSError: [Errno -1] ERR_MEM', 'alloc-failed'],
    ['W (4120) mbedtls: ssl_tls.c:5875 alloc(16717 bytes) failed', 'alloc-failed'],
    ['ssl_srv.c:1831: got ciphersuites in common, but none of them usable', 'no-common-cipher'],
    ['certificate too large, 4500 > 4096', 'credential-too-large'],
    ['mbedtls_ssl_handshake failed with -9984', 'verify-failed'],
    ['mbedtls_ssl_handshake() failed, ret = -0x7200', 'invalid-record'],
    ['ssl_handshake error -0x7F00', 'alloc-failed'],
    ['TLS error: -0x2700', 'verify-failed'],
    ['mbedtls_x509_crt_parse failed with -0x2180', 'credential-malformed'],
    ['mbedtls_pk_parse_key failed, code -0x3d00', 'credential-malformed'],
    ['E (9) esp-x509-crt-bundle: PK verify failed with error FFFFBD70', 'rsa-failed'],
    ['MbedTLS error: -9984 / ffffd900', 'verify-failed'],
    ['[HTTPS:E] mbedtls_ssl_setup res=FFFF8100', 'alloc-failed'],
    ['TLS_Connect fail (0xffffd900, example.com)', 'verify-failed'],
    [
      '[ERROR] [MbedtlsTransport] Failed to perform TLS handshake: mbedTLSError= X509 - Certificate verification failed : <No-Low-Level-Code>.',
      'verify-failed',
    ],
    ['wolfSSL_connect failed: err = -150', 'not-yet-valid'],
    ['WARNING: Error: -5 from dns_gethostbyname', 'dns-failed'],
    ['E (169799) esp_https_server: esp_tls_create_server_session failed', 'browser-refused'],
    ['AT+USECMNG=0,0,"ROOT",2090\n+CME ERROR: 1911', 'credential-too-large'],
    ['AT+USECMNG=0,0,"ROOT",2090\n+CME ERROR: 1913', 'credential-malformed'],
    ['Error, reached max_redirection_count count=10', 'http-redirect-limit'],
    ['Token error: code: -136, message: NTP server time synching failed', 'token-needs-time'],
    [
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
      'token-time-wrong',
    ],
    [
      'Error: maximum number of CA certs added (10) - change of compile-time configuration required',
      'too-many-anchors',
    ],
    [
      '401, status-description: The specified SAS token has an invalid signature. It does not match',
      'hub-unauthorized',
    ],
    [
      'Func:construct_sas_token Line:217 Unable to decode the key for generating the SAS.',
      'device-key-unreadable',
    ],
    ['Memory allocation failed (-0x3f80)', 'alloc-failed'],
    ['connect returned SSL_CONNECTION_ERROR', 'tls-failed'],
    ['failed to grow plain buffer', 'alloc-failed'],
    ['RSA_FUNCTION MP_EXPTMOD_E: memory/config problem', 'rsa-failed'],
    ['nx_secure_tls_session_start() failed, status 0x110', 'no-common-version'],
    ['SocketException error code -30592', 'fatal-alert'],
    ['Disconnected from MQTT server MQTT_NOT_AUTHORIZED', 'mqtt-unauthorized'],
    ['Connect failed, rc 5', 'mqtt-unauthorized'],
    ['Failed to load TLS credentials', 'credential-missing'],
    ['[AIO:ERRO] tc contains malformed auth token - expecting: {header: value', 'token-file-refused'],
  ])('read %s', (log, sign) => {
    const reader = new LogReader(dialects)
    reader.push(Buffer.from(log))
    const { symptoms } = reader.finish()
    expect(symptoms.flatMap(({ signs }) => signs.map((one) => one.sign.id))).toContain(sign)
  })

  // Programs that no dialect knows.
  test.each([
    ['[net] my_tls: handshake ret=-0x7F00', 'alloc-failed', 0.8],
    ['agent: read failed (-0x7200)', 'invalid-record', 0.8],
    ['[net] ssl connect err -9984', 'verify-failed', 0.8],
    ['agent: tls connect error -188', 'not-trusted', 0.8],
    ['agent: cloud link down, errno=110', 'tcp-timeout', 0.8],
    ['agent: error:0A000086', 'verify-failed', 0.8],
    ['agent: error:0A0000C1:lib(20)::reason(193)', 'no-common-cipher', 0.8],
    ['agent: connect() failed, errno 110', 'tcp-timeout', 0.8],
    ['agent: error:1408F10B', 'wrong-version-number', 0.8],
    ['agent: X509_ALLOC_FAILED', 'out-of-memory', 0.8],
    ['agent: mbedtls error 0xffffd900', 'verify-failed', 0.8],
    ['agent: ECONNREFUSED', 'tcp-refused', 0.8],
    ['agent: no route to host', 'tcp-unreachable', 0.8],
    ['agent: lookup: EAI_AGAIN', 'dns-failed', 0.8],
    ['agent: TLS alert: unknown_ca', 'peer-knows-no-ca', 0.8],
    ['agent: tls alert received: level 2, description 48', 'peer-knows-no-ca', 0.8],
    ['agent: fatal alert handshake_failure received', 'handshake-failure-alert', 0.8],
    ['agent: GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR', 'verify-failed', 0.8],
    ['agent: ASN_NO_SIGNER_E', 'not-trusted', 0.8],
    ['agent: hostname does not match certificate', 'name-mismatch', 0.8],
    ['agent: certificate expired', 'expired', 0.8],
    ['agent: CONNACK rc=5', 'mqtt-unauthorized', 0.8],
    ['agent: mqtt: reason code 0x87', 'mqtt-unauthorized', 0.8],
    ['agent: firmware: http status=302', 'http-redirect', 0.8],
    ['agent: firmware: 403', undefined, undefined],
    ['agent: HTTP 200', undefined, undefined],
    ['agent: connecting to ssl://broker.example.com, timeout = 30s', undefined, undefined],
  ])('a standard word counts by four fifths: %s', (log, sign, share) => {
    const reader = new LogReader(dialects)
    reader.push(Buffer.from(log))
    const signs = reader.finish().symptoms.flatMap((symptom) => symptom.signs)
    expect(signs.map((one) => [one.sign.id, one.share])).toEqual(sign === undefined ? [] : [[sign, share]])
  })

  // What programs print while all is well.
  test.each([
    'agent: server name indication: example.com',
    'agent: max fragment length 4096',
    'agent: sending range request bytes=0-1023',
    'agent: Content-Range: bytes 0-1023/4096',
    'agent: generating SAS token',
    'agent: parsing CA cert ... ok',
    'agent: failed to load calibration data',
    'agent: unknown card type',
    'agent: no snippets',
    'agent: name resolution took 12 ms',
    'agent: waiting for CONNACK',
    'agent: JSON: invalid token at 3',
    'agent: temperature alert: 48',
    'agent: offset -0x10',
    'main.c(403): ready',
    'agent: websocket handshake failed',
  ])('a standard word is not read into: %s', (log) => {
    const reader = new LogReader(dialects)
    reader.push(Buffer.from(log))
    const { symptoms } = reader.finish()
    expect(symptoms.flatMap(({ signs }) => signs.map(({ sign }) => sign.id))).toEqual([])
  })

  test('a standard word is silent where a dialect knows better, and says less beside its failure', () => {
    const standard = (log: string) => {
      const reader = new LogReader(dialects)
      reader.push(Buffer.from(log))
      const own = reader.finish().symptoms.filter(({ dialect }) => dialect === 'standard-words')
      return own.flatMap(({ signs }) => signs.map(({ sign, share }) => [sign.id, share]))
    }
    expect(standard('HTTPUpdate Error: "connection refused"')).toEqual([])
    const known = 'E (7795) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n'
    expect(standard(`${known}agent: certificate expired`)).toEqual([['expired', 0.4]])
    expect(standard(`${known}agent: TLS handshake failed`)).toEqual([])
    expect(standard(`${known}agent: connection refused`)).toEqual([])
    expect(standard(`${known}agent: authentication error`)).toEqual([])
    expect(standard(`${known}agent: not authorized`)).toEqual([])
    // 110 is ESHUTDOWN on Zephyr, and ETIMEDOUT on Linux.
    expect(standard('<err> app: connect() failed, errno 110')).toEqual([])
  })

  test('a long weak format counts by half where no dialect is spoken, and not where another is', () => {
    const signsOf = (log: string) => {
      const reader = new LogReader(dialects)
      reader.push(Buffer.from(log))
      return reader.finish().symptoms.flatMap(({ signs }) => signs)
    }
    expect(signsOf('Failed to load TLS credentials').map(({ share }) => share)).toEqual([0.5])
    expect(
      signsOf('MQT: Attempting connection...\nFailed to load TLS credentials').map(({ sign }) => sign.id),
    ).not.toContain('credential-missing')
  })

  test('name the file and line of a fault', () => {
    expect(() => make("{ format: 'it broke', sign: worse, source: s }")).toThrow(/d\.yaml.*no sign worse/)
    expect(() => make("{ format: 'it broke', sign: bad, source: t }")).toThrow(/d\.yaml:5.*no source t/)
    expect(() => make("{ format: 'a {b:what} thing', sign: bad, source: s }")).toThrow(
      /none of int, hex, hex4, hex3, num, neg, word/,
    )
    expect(() => make("{ format: 'code {n:int} came', code: { m: table }, source: s }")).toThrow(/no \{m\}/)
    expect(() => make("{ format: 'code {n:int} came', code: { n: table }, source: s }")).toThrow(
      /no table table/,
    )
  })
})
