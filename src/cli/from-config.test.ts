import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommand } from '../../test/support/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-from-config-'))
const chains = join(import.meta.dirname, '../../test/fixtures/chains')
const sdkconfig = `#
# Automatically generated file. DO NOT EDIT.
# Espressif IoT Development Framework (ESP-IDF) 5.2.1 Project Configuration
#
CONFIG_IDF_TARGET="esp32"
CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN=y
CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096
CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN=4096
`

describe('devices from-config', () => {
  test('a Certificate message of 7 kB does not fit an sdkconfig of 4,096, and the report cites its line', async () => {
    const made = await tlsfit('devices', 'from-config', write('sdkconfig', sdkconfig))
    expect(made).toMatchObject({ code: 0, err: '' })
    const profile = write('p.yaml', made.out)
    expect((await tlsfit('devices', 'lint', profile)).code).toBe(0)
    const chain = ['chain-edge-microsoft-com-g2.pem', 'int-microsoft-tls-g2-rsa-ca-ocsp-02.pem']
    const pem = write('chain.pem', chain.map((name) => readFileSync(join(chains, name), 'utf8')).join(''))
    const args = ['check', pem, '--device', profile, '--time', '2026-09-01T00:00:00Z'] as const
    const { code, out } = await tlsfit(...args)
    expect(code).toBe(1)
    expect(out.replace(/\s+/g, ' ')).toMatch(/The Certificate message is 7,\d\d\d bytes .* takes 4,096/)
    expect(out.replace(/\s+/g, ' ')).toContain('sdkconfig line 7: CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096')
    const [verdict] = JSON.parse((await tlsfit(...args, '--format', 'json')).out).verdicts
    const finding = verdict.findings.find(({ effect }: { effect: string }) => effect === 'blocks')
    expect(finding.limit).toMatchObject({ value: 4096, counts: 'message', confidence: 'source-code' })
  })

  test('as JSON it is the profile and what was not taken up', async () => {
    const path = write('sdkconfig', `${sdkconfig}CONFIG_MBEDTLS_DYNAMIC_BUFFER=y\n`)
    const json = JSON.parse((await tlsfit('devices', 'from-config', path, '--format', 'json')).out)
    expect(json).toMatchObject({
      schema: 'tlsfit/profile@1',
      profile: {
        base: 'esp-idf@5.2',
        common: { limits: { recordBytes: { value: 4096, source: 'line-7' } } },
      },
      notTakenUp: ['line 9: CONFIG_MBEDTLS_DYNAMIC_BUFFER=y'],
    })
    expect((await tlsfit('devices', 'show', write('p.json.yaml', JSON.stringify(json.profile)))).code).toBe(0)
  })

  for (const [what, name, content, says] of [
    ['of BearSSL', 'config.h', '#define BR_SLOW_MUL 1\n', /BearSSL/],
    [
      'of an ESP-IDF to come',
      'sdkconfig',
      sdkconfig.replace('5.2.1', '99.1.0'),
      /esp-idf@99\.1, of which nothing/,
    ],
    ['that is no text', 'sdkconfig', 'CONFIG_A=y\nCONFIG_IDF_TARGET="x"\n\0\u0001', /no text/],
    ['with a broken line', 'sdkconfig', `${sdkconfig}\u001b[2J\n`, /sdkconfig:9/],
    ['that never closes an #if', 'mbedtls_config.h', '#if 1\n#define MBEDTLS_CERTS_C\n', /:1: the #if/],
    ['of two megabytes', 'sdkconfig', 'CONFIG_IDF_TARGET="esp32"\n'.repeat(80_000), /no configuration/],
    ['that is another kind of file', 'p.yaml', 'family: box\n', /no configuration that can be read/],
  ] as const) {
    test(`a file ${what} is unreadable input, said in one line with a hint`, async () => {
      const { code, out, err } = await tlsfit('devices', 'from-config', write(name, content))
      expect(code).toBe(65)
      expect(out).toBe('')
      expect(err).toMatch(/^error: .+\nhint: .+\n$/)
      expect(err).toMatch(says)
    })
  }

  test('what is missing, or of no use, is wrong usage', async () => {
    const path = write('sdkconfig', sdkconfig)
    for (const argv of [
      [],
      [path, '--format', 'xml'],
      [path, '--mfl', '1000'],
      [path, '--stack', 'mbedtls@9.9'],
      [path, '--stack', 'nosuch'],
    ]) {
      const { code, err } = await tlsfit('devices', 'from-config', ...argv)
      expect(code, argv.join(' ')).toBe(64)
      expect(err).toMatch(/\nhint: /)
    }
    expect((await tlsfit('devices', 'show', 'esp32', '--stack', 'mbedtls@2.28')).err).toContain(
      'of from-config',
    )
  })
})

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function tlsfit(...argv: string[]) {
  return runCommand(argv)
}
