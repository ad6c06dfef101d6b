import {
  CapsuleError,
  formatCapsule,
  looksLikeCapsule,
  parseCapsule,
} from '../../src/capsule/capsule-file.ts'
import { capsuleOfLog } from '../../src/capsule/make-capsule.ts'
import { ConfigFileError } from '../../src/device/config/config-file.ts'
import { deriveProfile } from '../../src/device/config/from-config.ts'
import { writeProfile } from '../../src/device/config/write-profile.ts'
import { DataFileError } from '../../src/device/data-file.ts'
import { DeviceIdError } from '../../src/device/device-id.ts'
import { lintProfile } from '../../src/device/lint.ts'
import { parseProfile } from '../../src/device/parse-profile.ts'
import { parseWatch } from '../../src/fleet/parse-watch.ts'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { readConfigTables } from '../../src/io/config-tables.ts'
import { openDialects } from '../../src/io/dialect-files.ts'
import { LogReader } from '../../src/log/log-reader.ts'
import { parseTarget, TargetError } from '../../src/observe/target.ts'
import { parsePlan } from '../../src/plan/parse-plan.ts'
import { liveObservation } from '../../test/support/verdict-fixture.ts'
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts'
import { seedFiles, seedText } from '../seed-files.ts'
import { gatewaySeeds, planSeeds, watchSeeds } from './config-seeds.ts'

/** A reader of YAML that a person writes, whose own fault is `DataFileError`, with a line and a mend. */
function yamlTarget(name: string, seeds: () => Uint8Array[], read: (text: string) => unknown): FuzzTarget {
  return {
    name,
    shortCases: 250,
    open: () => ({
      seeds: seeds(),
      words: yamlWords,
      text: true,
      maxBytes: 12_000,
      maxMs: 400,
      run(input) {
        try {
          read(Buffer.from(input).toString())
          return 'read'
        } catch (error) {
          return yamlFault(error)
        }
      },
    }),
  }
}

function yamlFault(error: unknown): string {
  if (!(error instanceof DataFileError)) throw error
  must(error.hint !== '' && error.message !== '', 'a fault says what is wrong, and what mends it')
  const what = error.message.replaceAll(/\d+/g, '#').slice(0, 50)
  return `${error.code} ${error.path.replaceAll(/\d+/g, '#').slice(0, 60)} ${what}`
}

const yamlWords = [
  ...[
    '\n',
    '\n  ',
    '\n    - ',
    ': ',
    '- ',
    '{ ',
    ' }',
    '[',
    ']',
    ', ',
    '&a ',
    '*a',
    '<<: *a',
    '!!binary |',
    '? ',
    '|\n',
    '>\n',
  ],
  ...[
    "'",
    '"',
    '#',
    '---\n',
    '...\n',
    'null',
    '~',
    'true',
    '0x10',
    '1e3',
    '.inf',
    '-1',
    '"\\u0000"',
    '2026-01-02',
    '\t',
  ],
  ...[
    'https://a.example/x',
    'mqtts://b',
    'http://c',
    'lab:x/1',
    '{ env: A }',
    '{ file: b }',
    'nrf9160@1.3.7+ncs@2.7.0',
  ],
  ...[
    'source: x',
    'confidence: documented',
    'value: 4096',
    'counts: message',
    'unlimited',
    'limits:',
    'hello:',
    'layers:',
  ],
]

const profile: FuzzTarget = {
  ...yamlTarget(
    'profile',
    () => [],
    () => undefined,
  ),
  open: () => {
    const { families } = openCatalogue()
    return {
      seeds: seedFiles('devices', '.yaml', 1_900),
      words: yamlWords,
      text: true,
      maxBytes: 12_000,
      maxMs: 400,
      run(input) {
        const text = Buffer.from(input).toString()
        const problems = lintProfile(text, 'p.yaml', families)
        for (const { what, hint, line } of problems) {
          must(what !== '' && hint !== '', 'a fault says what is wrong, and what mends it')
          must(line === undefined || line >= 1, 'lines count from one')
        }
        try {
          parseProfile(text, 'p.yaml')
          return `read ${problems.length > 0} ${problems[0]?.what.replaceAll(/\d+|".*"/g, '#').slice(0, 40)}`
        } catch (error) {
          must(problems.length > 0, 'what is not read is told by lint')
          return yamlFault(error)
        }
      },
    }
  },
}

const gateway = yamlTarget('gateway.yaml', gatewaySeeds, (text) => parseGatewayConfig(text, 'gateway.yaml'))
const watch = yamlTarget('watch.yaml', watchSeeds, (text) =>
  parseWatch(text, 'watch.yaml', openCatalogueOnce()),
)
const plan = yamlTarget('tlsfit.yaml', planSeeds, (text) =>
  parsePlan(text, 'tlsfit.yaml', openCatalogueOnce()),
)

let catalogue: ReturnType<typeof openCatalogue> | undefined
function openCatalogueOnce() {
  catalogue ??= openCatalogue()
  return catalogue
}

const config: FuzzTarget = {
  name: 'build-config',
  shortCases: 120,
  open: () => {
    const tables = readConfigTables()
    const families = openCatalogueOnce().families
    return {
      seeds: configSeeds(),
      words: configWords,
      text: true,
      maxBytes: 8_000,
      maxMs: 600,
      run(input) {
        const text = Buffer.from(input).toString()
        // Most often both are told by the content; the name counts where it does not.
        const file = ['sdkconfig', 'prj.conf', 'mbedtls_config.h', 'user_settings.h'][(input[0] ?? 0) % 4]!
        try {
          const derived = deriveProfile({
            text,
            file,
            stack: undefined,
            maxFragmentLength: undefined,
            catalogue: openCatalogueOnce(),
            tables,
          })
          const yaml = writeProfile(derived, file)
          mustEqual(lintProfile(yaml, './p.yaml', families), [], 'the profile that is written is a good one')
          return `${derived.base} ${derived.values.map(({ key }) => key).join()}`
        } catch (error) {
          if (error instanceof ConfigFileError)
            return `${error.code} ${error.message.replaceAll(/\d+/g, '#').slice(0, 50)}`
          if (error instanceof DeviceIdError) return error.code
          throw error
        }
      },
    }
  },
}

function configSeeds(): Uint8Array[] {
  return [
    ...seedFiles('examples/firmware', 'sdkconfig', 10_000),
    ...seedText(
      'CONFIG_NETWORKING=y\nCONFIG_MBEDTLS=y\nCONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN=4096\nCONFIG_MBEDTLS_HEAP_SIZE=60000\nCONFIG_DOWNLOAD_CLIENT_HTTP_FRAG_SIZE_1024=y\n',
      '# CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN is not set\nCONFIG_IDF_TARGET="esp32"\nCONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN=8192\nCONFIG_MBEDTLS_CERTIFICATE_BUNDLE=y\n',
      '#ifndef A\n#define A\n#define MBEDTLS_SSL_IN_CONTENT_LEN (4 * 1024)\n#if defined(MBEDTLS_X) && MBEDTLS_SSL_IN_CONTENT_LEN > 100\n#define MBEDTLS_SSL_PROTO_TLS1_2\n#else\n#undef MBEDTLS_RSA_C\n#endif\n#define MBEDTLS_MPI_MAX_SIZE 256 /* bytes */\n#endif\n',
      '#define WOLFSSL_USER_SETTINGS\n#define HAVE_ECC\n#define NO_RSA\n#define FP_MAX_BITS 4096\n#define MAX_CERTIFICATE_SZ 2048\n#ifdef HAVE_ECC\n#define WOLFSSL_TLS13 // on\n#endif\n',
      'CONFIG_NRF_MODEM_LIB=y\nCONFIG_NETWORKING=y\n',
    ),
  ]
}

const configWords = [
  ...[
    'CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=',
    'CONFIG_IDF_TARGET="esp32"\n',
    ' is not set\n',
    '=y\n',
    '=n\n',
    '="x"\n',
    '=0x1000\n',
    '# ',
  ],
  ...[
    '#define ',
    '#undef ',
    '#if ',
    '#elif ',
    '#ifdef ',
    '#else\n',
    '#endif\n',
    'defined(',
    ')',
    '(',
    '&&',
    '||',
    '!',
    '==',
    '<<',
    '\\\n',
    '/*',
    '*/',
    '//',
  ],
  ...[
    'MBEDTLS_SSL_MAX_CONTENT_LEN',
    'MBEDTLS_SSL_PROTO_TLS1_3',
    'WOLFSSL_TLS13',
    'HAVE_TLS_EXTENSIONS',
    'NO_SESSION_CACHE',
    'SP_INT_BITS',
    '4096',
    '0',
    '-1',
    '1UL',
    '? 1 : 2',
    '/ 0',
    '% 0',
  ],
]

const capsule: FuzzTarget = {
  name: 'capsule',
  shortCases: 500,
  open: () => {
    const reader = new LogReader(openDialects())
    const lines = [
      'E (1) esp-tls: mbedtls_ssl_handshake returned -0x2700',
      'https://a.example/fw?sig=x',
      'errno 111',
    ]
    reader.push(Buffer.from(lines.join('\n')))
    const options = { key: new Uint8Array(32).fill(1), device: 'nrf9160', knownRoots: [], serviceHosts: [] }
    const log = capsuleOfLog(lines, reader.finish(), options)
    const observation = liveObservation('https://a.example/fw', '192.0.2.1')
    return {
      seeds: seedText(
        formatCapsule(log),
        formatCapsule({ kind: 'observations', device: undefined, observations: [observation] }),
        formatCapsule({
          kind: 'log',
          device: undefined,
          runs: [
            { from: 3, lines: ['x'] },
            { from: 9, lines: [] },
          ],
        }),
      ),
      words: [
        '"schema": "tlsfit/capsule@1"',
        '"kind": "log"',
        '"kind": "observations"',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        'null',
        '"from": 1',
        '"lines": ["x"]',
        '1e99',
        '-1',
        '"a"',
        '\\u0000',
      ],
      text: true,
      maxBytes: 60_000,
      maxMs: 200,
      run(input) {
        looksLikeCapsule(input)
        try {
          const read = parseCapsule(input, 'a.json')
          const again = parseCapsule(Buffer.from(formatCapsule(read)), 'a.json')
          mustEqual(again, read, 'a capsule written and read is the same')
          return read.kind
        } catch (error) {
          if (!(error instanceof CapsuleError)) throw error
          return error.message.replaceAll(/\d+/g, '#').slice(0, 60)
        }
      },
    }
  },
}

const target: FuzzTarget = {
  name: 'target',
  shortCases: 4_000,
  open: () => ({
    seeds: seedText(
      'https://host.example:8443/path/fw.bin?sig=secret#x',
      'mqtts://user:p%40ss@[2001:db8::1]:8883',
      'tls://192.0.2.1:443',
      'chain.pem',
      './capture.pcapng',
      'host.example',
      'https://xn--bcher-kva.example/%2e%2e/',
    ),
    words: [
      '://',
      ':',
      '@',
      '/',
      '?',
      '#',
      '%',
      '[',
      ']',
      '::1',
      '0x7f.1',
      '65536',
      ' ',
      '\\',
      'sig=',
      'token=',
      '%00',
      'é',
      '。',
    ],
    text: true,
    maxBytes: 4_000,
    maxMs: 60,
    run(input) {
      const text = Buffer.from(input).toString()
      try {
        const { target, filePath, literal } = parseTarget(text)
        must(filePath !== undefined || target.host !== undefined, 'a target is a file or a host')
        return `${target.protocol} ${literal} ${filePath === undefined}`
      } catch (error) {
        if (!(error instanceof TargetError)) throw error
        return error.code
      }
    },
  }),
}

export const configs: readonly FuzzTarget[] = [profile, gateway, watch, plan, config, capsule, target]
