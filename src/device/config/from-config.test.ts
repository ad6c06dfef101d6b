import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openCatalogue } from '../../io/catalogue-files.ts'
import { readConfigTables } from '../../io/config-tables.ts'
import { resolveDevice } from '../catalogue.ts'
import { lintProfile } from '../lint.ts'
import { parseProfile } from '../parse-profile.ts'
import { ConfigFileError } from './config-file.ts'
import { deriveProfile } from './from-config.ts'
import { parseMbedtlsTable } from './mbedtls-table.ts'
import { writeProfile } from './write-profile.ts'

const catalogue = openCatalogue()
const tables = readConfigTables()

function derive(
  text: string,
  options: { file?: string; stack?: string; mfl?: 512 | 1024 | 2048 | 4096 } = {},
) {
  const { file = 'config', stack, mfl } = options
  return deriveProfile({ text, file, stack, maxFragmentLength: mfl, catalogue, tables })
}

/** The device that the written profile makes. */
function deviceOf(text: string, options: Parameters<typeof derive>[1] = {}) {
  const yaml = writeProfile(derive(text, options), options.file ?? 'config')
  expect(lintProfile(yaml, './p.yaml', catalogue.families)).toEqual([])
  return resolveDevice('./p.yaml', catalogue, new Map([['./p.yaml', parseProfile(yaml, './p.yaml')]]))
}

const keysOf = (text: string, options: Parameters<typeof derive>[1] = {}) =>
  derive(text, options).values.map(({ group, key }) => `${group}.${key}`)

test('a prj.conf that asks for native TLS lies over nRF Connect SDK, not over plain Zephyr', () => {
  const text = 'CONFIG_NRF_SECURITY=y\nCONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=8192\nCONFIG_MBEDTLS_ENABLE_HEAP=y\n'
  expect(derive(text).base).toMatch(/^zephyr@/)
  expect(derive(`${text}CONFIG_FOTA_DOWNLOAD_NATIVE_TLS=y\n`).base).toMatch(/^ncs-native-tls@/)
  expect(derive(`${text}CONFIG_FOTA_DOWNLOAD_NATIVE_TLS=n\n`).base).toMatch(/^zephyr@/)
})

test('a prj.conf over native TLS says how the download client asks, besides the buffers of Mbed TLS', () => {
  const device = deviceOf(
    [
      'CONFIG_NRF_SECURITY=y',
      'CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=8192',
      'CONFIG_DOWNLOAD_CLIENT_HTTP_FRAG_SIZE_2048=y',
    ].join('\n'),
    { file: 'prj.conf', stack: 'ncs-native-tls' },
  )
  expect(device.limits.recordBytes?.value).toBe(8192)
  expect(device.http?.rangeBytes).toMatchObject({
    value: 2048,
    source: 'prj.conf line 3: CONFIG_DOWNLOAD_CLIENT_HTTP_FRAG_SIZE_2048=y',
  })
})

describe('a layer that is named for a file', () => {
  const bare = 'CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n'
  const espIdf = 'CONFIG_MBEDTLS_DYNAMIC_BUFFER=y\n'
  const zephyr = 'CONFIG_NET_SOCKETS_SOCKOPT_TLS=y\n'

  test.each([
    'ncs-native-tls',
    'nrf7002',
    'esp-idf@5.2',
    'arduino-esp32',
  ])('decides where the symbols are those of two systems: %s', (stack) => {
    expect(deviceOf(bare, { stack }).limits.recordBytes?.value).toBe(4096)
  })

  test('is refused where the file is of another system, and the line that says so is shown', () => {
    expect(() => derive(espIdf + bare, { stack: 'ncs-native-tls' })).toThrow(
      'config is of ESP-IDF (CONFIG_MBEDTLS_DYNAMIC_BUFFER=y), and the layer named is ncs-native-tls@',
    )
    expect(() => derive(zephyr + bare, { stack: 'esp-idf@5.2' })).toThrow(
      'config is of Zephyr (CONFIG_NET_SOCKETS_SOCKOPT_TLS=y), and the layer named is esp-idf@5.2',
    )
  })

  test.each([
    'wolfssl',
    'arduino-bearssl',
    'siwx91x',
    'nrf9160',
    'bg96',
    'pico-sdk',
    'openssl',
  ])('is refused where no Kconfig sets its library: %s', (stack) => {
    expect(() => derive(bare, { stack })).toThrow(/config is a Kconfig file, and the layer named is /)
  })

  test.each([
    ['#define MBEDTLS_SSL_IN_CONTENT_LEN 4096\n', 'wolfssl'],
    ['#define MBEDTLS_SSL_IN_CONTENT_LEN 4096\n', 'nrf9160'],
    ['#define WOLFSSL_TLS13\n#define HAVE_ECC\n', 'mbedtls@3.6'],
  ])('is refused where another library is inside: %j for %s', (text, stack) => {
    expect(() => derive(text, { stack })).toThrow(/config configures .*, and the layer named is /)
  })

  test('a symbol that the project does not have is said, and sets nothing', () => {
    const mixed = derive(`${zephyr}CONFIG_MBEDTLS_CERTIFICATE_BUNDLE=y\n${bare}`, { stack: 'zephyr@4.0' })
    expect(mixed.notes).toContain(
      'line 2: CONFIG_MBEDTLS_CERTIFICATE_BUNDLE=y: a symbol of ESP-IDF, which zephyr@4.0 does not have; it sets nothing',
    )
    expect(mixed.notes).toContain(
      'line 3: CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096: a symbol of nrf_security, which zephyr@4.0 does not have; it sets nothing',
    )
    expect(mixed.values.map(({ key }) => key)).not.toContain('recordBytes')
    const nordic = derive(`${zephyr}CONFIG_NRF_SECURITY=y\n${bare}`, { stack: 'zephyr@4.0' })
    expect(nordic.values.map(({ key }) => key)).toContain('recordBytes')
  })
})

describe('an sdkconfig', () => {
  const heading =
    '# Espressif IoT Development Framework (ESP-IDF) 5.2.1 Project Configuration\nCONFIG_IDF_TARGET="esp32"\n'

  test('the content length is the limit of a message and of a record, and the line is its source', () => {
    const device = deviceOf(`${heading}CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n`, { file: 'sdkconfig' })
    expect(device.id).toBe('esp-idf@5.2+my-device@any')
    expect(device.limits.handshakeMessageBytes).toMatchObject({
      value: 4096,
      counts: 'message',
      confidence: 'source-code',
      source: 'sdkconfig line 3: CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096',
    })
    expect(device.limits.recordBytes).toMatchObject({ value: 4096, counts: 'record' })
    expect(device.limits.rsaKeyBits).toMatchObject({ value: 8192 })
    expect(device.hello).toMatchObject({ origin: 'derived' })
  })

  test('without asymmetric lengths the one length counts', () => {
    const device = deviceOf(
      `${heading}# CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN is not set\nCONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=2048\nCONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN=8192\n`,
    )
    expect(device.limits.recordBytes?.value).toBe(8192)
    expect(device.build.sentRecordBytes?.value).toBe(8192)
  })

  test.each([
    '5.2',
    '4.4',
  ])('one of ESP-IDF %s that says the defaults changes nothing of the hello', (version) => {
    const text = `CONFIG_MBEDTLS_AES_C=y\nCONFIG_MBEDTLS_GCM_C=y\nCONFIG_MBEDTLS_ECDH_C=y\nCONFIG_MBEDTLS_SHA512_C=y\n# CONFIG_MBEDTLS_HAVE_TIME_DATE is not set\n# CONFIG_MBEDTLS_DES_C is not set\nCONFIG_MBEDTLS_KEY_EXCHANGE_RSA=y\n`
    expect(keysOf(text, { stack: `esp-idf@${version}` })).toEqual([])
  })

  test.each([
    '5.2',
    '4.4',
  ])('a suite switched on in ESP-IDF %s stands where the library puts it', (version) => {
    const stack = `esp-idf@${version}`
    const device = deviceOf('CONFIG_MBEDTLS_CHACHA20_C=y\nCONFIG_MBEDTLS_CHACHAPOLY_C=y\n', { stack })
    const before = resolveDevice(stack, catalogue).hello.cipherSuites?.value
    const suites = device.hello.cipherSuites?.value ?? []
    expect(suites[0]).toBe('TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256')
    expect(suites.filter((name) => !name.includes('CHACHA20'))).toEqual(before)
  })

  test('what is switched off is gone from suites, groups, curves and schemes', () => {
    const { hello, build } = deviceOf(
      `${heading}# CONFIG_MBEDTLS_ECP_DP_SECP384R1_ENABLED is not set\n# CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_RSA is not set\n# CONFIG_MBEDTLS_SHA512_C is not set\n`,
    )
    expect(hello.groups?.value).not.toContain('secp384r1')
    expect(build.certificateGroups?.value).not.toContain('secp384r1')
    expect(build.hashes?.value).toEqual(['md5', 'sha1', 'sha224', 'sha256'])
    expect(hello.cipherSuites?.value.filter((name) => /ECDHE_RSA|SHA384/.test(name))).toEqual([])
    expect(hello.signatureSchemes?.value).toEqual(['ecdsa_secp256r1_sha256', 'rsa_pkcs1_sha256'])
    expect(hello.groups?.source).toMatch(/line 3: # CONFIG_MBEDTLS_ECP_DP_SECP384R1_ENABLED is not set/)
  })

  test('with TLS 1.3 on the hello is left unknown, and so decides nothing', () => {
    const { hello } = deviceOf(`${heading}CONFIG_MBEDTLS_SSL_PROTO_TLS1_3=y\n`)
    expect(hello).toMatchObject({ origin: 'assumed', versions: undefined, cipherSuites: undefined })
  })

  test('dates, and lines that nothing stands for', () => {
    const text = `${heading}CONFIG_MBEDTLS_HAVE_TIME_DATE=y\nCONFIG_MBEDTLS_DYNAMIC_BUFFER=y\n`
    expect(deviceOf(text).verification.dates?.value).toBe('checked')
    expect(derive(text).notes).toContain('line 4: CONFIG_MBEDTLS_DYNAMIC_BUFFER=y')
  })

  test('a version that the file does not say is told', () => {
    expect(derive('CONFIG_IDF_TARGET="esp32"\n').notes[0]).toMatch(/does not say: esp-idf@\S+ was taken/)
  })

  test('a length that is no number takes the limit away', () => {
    const device = deviceOf(`${heading}CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=lots\n`)
    expect(device.limits.recordBytes).toBeUndefined()
    expect(device.limits.handshakeMessageBytes).toBeUndefined()
  })
})

describe('a header of changes', () => {
  const stack = 'mbedtls@2.28'

  test('without a change that matters nothing is written', () => {
    expect(keysOf('#define MBEDTLS_AES_C\n#undef MBEDTLS_BLOWFISH_C\n')).toEqual([])
  })

  test('sizes in every spelling', () => {
    const { limits, build } = deviceOf(
      `#define MBEDTLS_SSL_IN_CONTENT_LEN (4 * 1024) /* small */
#define MBEDTLS_SSL_OUT_CONTENT_LEN 0x800
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 3
#define MBEDTLS_MPI_MAX_SIZE 512
#define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
`,
      { stack },
    )
    expect(limits.handshakeMessageBytes?.value).toBe(4096)
    expect(build.sentRecordBytes?.value).toBe(2048)
    expect(limits.chainCertificates?.value).toBe(4)
    expect(limits.rsaKeyBits?.value).toBe(4096)
    expect(build.receiveBuffer?.value).toBe('shrinks')
  })

  test('a list of suites of its own', () => {
    const { hello } = deviceOf(
      '#define MBEDTLS_SSL_CIPHERSUITES MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, \\\n  MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA\n',
      { stack },
    )
    expect(hello.cipherSuites?.value).toEqual([
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_RSA_WITH_AES_128_CBC_SHA',
      'TLS_EMPTY_RENEGOTIATION_INFO_SCSV',
    ])
  })

  test('extensions that are off are gone; a name that cannot be sent is never sent', () => {
    const { hello } = deviceOf(
      '#undef MBEDTLS_SSL_SERVER_NAME_INDICATION\n#undef MBEDTLS_SSL_ENCRYPT_THEN_MAC\n#undef MBEDTLS_SSL_ALPN\n',
      { stack },
    )
    expect(hello.sni?.value).toBe('never')
    expect(hello.alpn?.value).toBe('never')
    expect(hello.extensions?.value).not.toContain('encrypt_then_mac')
  })

  test('the fragment length is what the application asks for, where the build can', () => {
    expect(deviceOf('#define MBEDTLS_MD5_C\n', { stack, mfl: 1024 }).hello.maxFragmentLength).toMatchObject({
      value: 1024,
      source: expect.stringContaining('--mfl'),
    })
    expect(() => derive('#undef MBEDTLS_SSL_MAX_FRAGMENT_LENGTH\n', { stack, mfl: 1024 })).toThrow(
      'cannot ask for a fragment length',
    )
  })

  test('only TLS 1.0 and 1.1: suites with SHA-1, no signature_algorithms', () => {
    const { hello } = deviceOf('#undef MBEDTLS_SSL_PROTO_TLS1_2\n', { stack })
    expect(hello.versions?.value).toEqual(['TLSv1', 'TLSv1.1'])
    expect(hello.cipherSuites?.value.filter((name) => /GCM|CCM|SHA256|SHA384|CHACHA/.test(name))).toEqual([])
    expect(hello.extensions?.value).not.toContain('signature_algorithms')
  })

  test('a condition from outside is told', () => {
    const { notes } = derive('#ifdef SMALL\n#undef MBEDTLS_RSA_C\n#endif\n#undef MBEDTLS_DES_C\n', { stack })
    expect(notes).toContain('line 1: #ifdef SMALL (taken as not defined)')
  })

  test('one that switches the TLS modules on again is no whole configuration', () => {
    const text = '#define MBEDTLS_SSL_TLS_C\n#define MBEDTLS_SSL_CLI_C\n#undef MBEDTLS_CAMELLIA_C\n'
    expect(deviceOf(text, { stack }).hello.cipherSuites?.value).toContain('TLS_RSA_WITH_AES_128_CBC_SHA')
  })

  test('a header that does not tell its version asks for it', () => {
    expect(() => derive('#define MBEDTLS_SSL_IN_CONTENT_LEN 4096\n')).toThrow('which Mbed TLS')
  })
})

describe('a whole header', () => {
  const table = parseMbedtlsTable(tables.mbedtls).versions['2.28']
  const whole = (without: readonly string[] = []) =>
    (table?.on ?? [])
      .filter((name) => !without.includes(name))
      .map((name) => `#define MBEDTLS_${name}\n`)
      .join('')

  test('that of the library itself changes nothing of its profile', () => {
    expect(keysOf(whole())).toEqual([])
  })

  test('what it leaves out is off', () => {
    const device = deviceOf(whole(['CAMELLIA_C', 'HAVE_TIME_DATE', 'SHA512_C']))
    expect(device.hello.cipherSuites?.value.some((name) => /CAMELLIA|SHA384/.test(name))).toBe(false)
    expect(device.verification.dates?.value).toBe('unchecked')
    expect(device.build.hashes?.value).not.toContain('sha512')
  })

  test('one without a client, or with pre-shared keys only, is refused kindly', () => {
    expect(() => derive(whole(['SSL_CLI_C']), { stack: 'mbedtls@2.28' })).toThrow('no TLS client')
    const keys = (table?.on ?? []).filter((name) => /^KEY_EXCHANGE_(?!PSK)/.test(name))
    expect(() => derive(whole(keys))).toThrow('no cipher suite with a certificate')
  })
})

describe('a prj.conf', () => {
  const zephyr = 'CONFIG_NETWORKING=y\nCONFIG_NET_SOCKETS_SOCKOPT_TLS=y\nCONFIG_MBEDTLS=y\n'

  test('lengths, heap and name; the length asked for that follows from them is open', () => {
    const device = deviceOf(
      `${zephyr}CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN=8192\nCONFIG_MBEDTLS_HEAP_SIZE=60000\nCONFIG_MBEDTLS_SERVER_NAME_INDICATION=y\n`,
      { file: 'prj.conf' },
    )
    expect(device.layers[0]?.family).toBe('zephyr')
    expect(device.limits.handshakeMessageBytes).toMatchObject({
      value: 8192,
      source: expect.stringContaining('prj.conf line 4'),
    })
    expect(device.build.heapBytes?.value).toBe(60000)
    expect(device.hello.sni?.value).toBe('host-name')
    expect(device.hello.maxFragmentLength).toBeUndefined()
    expect(device.hello.origin).toBe('assumed')
  })

  test('where TLS runs in the modem the modem is named', () => {
    expect(() => derive('CONFIG_NRF_MODEM_LIB=y\nCONFIG_NETWORKING=y\n')).toThrow('TLS runs in the modem')
  })

  test('a whole .config says every suite', () => {
    const text = `# Automatically generated file; DO NOT EDIT.\n${zephyr}CONFIG_MBEDTLS_TLS_VERSION_1_2=y\nCONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED=y\nCONFIG_MBEDTLS_CIPHER_AES_ENABLED=y\nCONFIG_MBEDTLS_CIPHER_GCM_ENABLED=y\nCONFIG_MBEDTLS_MAC_SHA256_ENABLED=y\nCONFIG_MBEDTLS_ECP_DP_SECP256R1_ENABLED=y\nCONFIG_MBEDTLS_RSA_C=y\n`
    const { hello } = deviceOf(text)
    expect(hello.cipherSuites?.value).toEqual([
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_EMPTY_RENEGOTIATION_INFO_SCSV',
    ])
    expect(hello.groups?.value).toEqual(['secp256r1'])
  })
})

test('a hostile line stays one line of the profile', () => {
  const line = '#define MBEDTLS_SSL_IN_CONTENT_LEN 4096 "\u202e\u001b[2J\\u0085: } # - &a *b"'
  const yaml = writeProfile(derive(`${line}\n#define MBEDTLS_CERTS_C\n`), 'x.h')
  expect(yaml).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  expect(lintProfile(yaml, 'p.yaml', catalogue.families)).toEqual([])
})

test('whatever is set to whatever, a profile without fault comes out or the file is refused', () => {
  const names = [...tables.mbedtls.matchAll(/\b[A-Z][A-Z0-9_]{4,}\b/g)].map(([name]) => name)
  const sizes = [
    'SSL_IN_CONTENT_LEN',
    'SSL_MAX_CONTENT_LEN',
    'MPI_MAX_SIZE',
    'X509_MAX_INTERMEDIATE_CA',
    'SSL_CIPHERSUITES',
  ]
  const value = fc.constantFrom(
    '',
    '1',
    '4096',
    '(1<<40)',
    '-1',
    'A B',
    '"x',
    'MBEDTLS_SSL_IN_CONTENT_LEN',
    '0x',
  )
  const line = fc.tuple(
    fc.constantFrom('#define', '#undef', '#ifdef'),
    fc.constantFrom(...names, ...sizes),
    value,
  )
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 25 }),
      fc.constantFrom('mbedtls@2.28', 'esp-idf@5.2', 'esp-idf@4.4'),
      (lines, stack) => {
        const text = lines
          .map(
            ([act, name, it]) =>
              `${act} MBEDTLS_${name} ${act === '#define' ? it : ''}\n${act === '#ifdef' ? '#endif\n' : ''}`,
          )
          .join('')
        try {
          deviceOf(text, { stack })
        } catch (error) {
          if (!(error instanceof ConfigFileError)) throw error
          expect(error.hint).not.toBe('')
        }
      },
    ),
    { numRuns: 120 },
  )
})
