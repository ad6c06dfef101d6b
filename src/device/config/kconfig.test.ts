import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigFileError } from './config-file.ts'
import { kconfigInteger, parseKconfig } from './kconfig.ts'
import { recogniseConfig } from './recognise.ts'

describe('a Kconfig file', () => {
  test('symbols, what is not set, texts and numbers', () => {
    const text =
      '\uFEFF# heading\r\nCONFIG_A=y\r\n# CONFIG_B is not set\r\n\r\nCONFIG_C="a \\"b\\" # c"\r\nCONFIG_D=0x1000 # why\nCONFIG_A=n\n'
    const { settings } = parseKconfig(text, 'sdkconfig')
    expect([...settings.values()].map(({ name, on, value, line }) => [name, on, value, line])).toEqual([
      ['CONFIG_A', false, 'n', 7],
      ['CONFIG_B', false, 'n', 3],
      ['CONFIG_C', true, 'a "b" # c', 5],
      ['CONFIG_D', true, '0x1000', 6],
    ])
    expect(kconfigInteger(settings.get('CONFIG_D') as never)).toBe(4096)
    expect(kconfigInteger(settings.get('CONFIG_C') as never)).toBeUndefined()
  })

  test('a line that is none is refused with its number', () => {
    expect(() => parseKconfig('CONFIG_A=y\nhello\n', 'prj.conf')).toThrow(
      'prj.conf:2: is no line of a Kconfig file',
    )
  })

  test('any text is read or refused', () => {
    const line = fc.constantFrom(
      'CONFIG_A=y',
      '# CONFIG_B is not set',
      'CONFIG_C="',
      '=',
      '\0',
      'CONFIG_=',
      '#',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(line).map((all) => all.join('\n')),
        ),
        (text) => {
          for (const read of [parseKconfig, recogniseConfig]) {
            try {
              read(text, 'f')
            } catch (error) {
              expect(error).toBeInstanceOf(ConfigFileError)
            }
          }
        },
      ),
    )
  })
})

describe('the kind of a configuration', () => {
  test.each([
    ['esp-idf', 'CONFIG_IDF_TARGET="esp32"\nCONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN=4096\n'],
    ['esp-idf', 'CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN=y\nCONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n'],
    ['zephyr', 'CONFIG_MBEDTLS_TLS_LIBRARY=y\nCONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n'],
    ['zephyr', 'CONFIG_NET_SOCKETS_SOCKOPT_TLS=y\nCONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN=4096\n'],
    ['zephyr', 'CONFIG_NRF_SECURITY=y\nCONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n'],
    ['mbedtls', '#define MBEDTLS_SSL_IN_CONTENT_LEN 4096\n'],
    ['mbedtls', '#undef MBEDTLS_DES_C\n'],
    ['wolfssl', '#define WOLFSSL_TLS13\n#define HAVE_ECC\n#define NO_DES3\n'],
  ])('%s', (kind, text) => {
    expect(recogniseConfig(text, 'f')).toBe(kind)
  })

  test.each([
    ['CONFIG_MBEDTLS_AES_C=y\n', 'config-ambiguous'],
    // ESP-IDF and nRF Connect SDK both have it.
    ['CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n', 'config-ambiguous'],
    ['#define BR_USE_UNIX_TIME 1\n', 'config-unsupported'],
    ['#define LED_PIN 3\n', 'config-unknown'],
    ['family: box\n', 'config-unknown'],
    ['-----BEGIN CERTIFICATE-----\n', 'config-unknown'],
    ['', 'config-unknown'],
  ])('%j is refused as %s', (text, code) => {
    expect(() => recogniseConfig(text, 'f')).toThrow(expect.objectContaining({ code }))
  })
})
