import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/peer-process.ts'
import { type ClientSettings, clientBuilds } from './builds.ts'
import { buildOf, runClient } from './clients.ts'
import { RefereeRange } from './referee.ts'

const there = (name: string): boolean => buildOf(name) !== undefined
/** Slow ones are built when they are first asked for. */
const BUILD_MS = 180_000

let range: RefereeRange
let root: string
let small: number
let rsa: number

beforeAll(async () => {
  range = new RefereeRange()
  root = range.file('root.pem', range.root)
  small = await range.serve([range.leaf, range.intermediate])
  rsa = await range.serve([range.rsaLeaf])
}, BUILD_MS)
afterAll(() => range.end())

test('build.sh and builds.ts name the same clients', () => {
  const script = join(import.meta.dirname, 'build.sh')
  const listed = execFileSync('bash', [script, '--list'], { encoding: 'utf8' }).trim().split('\n')
  expect(listed.toSorted()).toEqual(clientBuilds.map(({ name }) => name).toSorted())
})

/** How the headers spell a setting. */
const macros: Record<Exclude<keyof ClientSettings, 'curves'>, string> = {
  inContentLen: 'define MBEDTLS_SSL_IN_CONTENT_LEN',
  outContentLen: 'define MBEDTLS_SSL_OUT_CONTENT_LEN',
  variableBufferLength: 'define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH',
  poolBytes: 'define TLSFIT_POOL_BYTES',
  mpiMaxSize: 'define MBEDTLS_MPI_MAX_SIZE',
  maxIntermediateCa: 'define MBEDTLS_X509_MAX_INTERMEDIATE_CA',
  maxCertificateSize: 'define MAX_CERTIFICATE_SZ',
  maxChainDepth: 'define MAX_CHAIN_DEPTH',
  sha512: 'undef MBEDTLS_SHA512_C',
  haveTimeDate: 'undef MBEDTLS_HAVE_TIME_DATE',
  ecdsa: 'undef MBEDTLS_ECDSA_C',
  maxFragmentLength: 'undef MBEDTLS_SSL_MAX_FRAGMENT_LENGTH',
  altCertChains: 'define WOLFSSL_ALT_CERT_CHAINS',
}

describe('the header of each build says what builds.ts says', () => {
  const configured = clientBuilds.filter(({ config }) => config !== undefined)
  test.each(configured)('$name', ({ config, settings }) => {
    const header = readFileSync(join(import.meta.dirname, config!), 'utf8')
    for (const [setting, macro] of Object.entries(macros)) {
      const value = settings[setting as keyof ClientSettings]
      const line = header.split('\n').find((one) => one === `#${macro}` || one.startsWith(`#${macro} `))
      const expected = typeof value === 'number' ? `#${macro} ${value}` : `#${macro}`
      const stands = value !== undefined && (macro.startsWith('define') ? value !== false : value === false)
      expect(line).toBe(stands ? expected : undefined)
    }
    const curvesLeftOut = [...header.matchAll(/#undef MBEDTLS_ECP_DP_/g)].length
    expect(curvesLeftOut).toBe(settings.curves === undefined ? 0 : 12)
  })
})

describe.each(clientBuilds)('$name', ({ name, library, version, settings }) => {
  const anchorsOf = (): string =>
    settings.ecdsa === false ? range.file('rsa-root.pem', range.rsaRoot) : root
  const portOf = (): number => (settings.ecdsa === false ? rsa : small)

  test.skipIf(!there(name))(
    `${name}: completes, reads the answer and tells what was negotiated`,
    async () => {
      const result = await runClient(name, {
        port: portOf(),
        sni: 'a.test',
        anchors: anchorsOf(),
        request: 'GET /small.txt',
      })
      expect(result).toMatchObject({ stack: library, build: name, stage: 'done', ok: true, code: '0' })
      expect(result.version.startsWith(version)).toBe(true)
      expect(result.tlsVersion).toMatch(/^TLSv1\.[23]$/)
      expect(result.suite).not.toBeNull()
      expect(result.sizes.appDataBytes).toBeGreaterThan(999)
      expect(result.sizes.handshakeBytesRead).toBeLessThan(result.sizes.bytesRead)
      expect(result.peakHeap).toBeGreaterThan(5_000)
    },
  )

  test.skipIf(!there(name))(`${name}: takes any certificate when it does not verify`, async () => {
    const result = await runClient(name, { port: portOf(), sni: 'b.test', verify: 'none' })
    expect(result).toMatchObject({ stage: 'done', ok: true })
  })

  test.skipIf(!there(name))(
    `${name}: the name verified is not that of server_name when they differ`,
    async () => {
      const args = { port: portOf(), anchors: anchorsOf() }
      expect(await runClient(name, { ...args, sni: null, name: 'a.test' })).toMatchObject({ ok: true })
      expect(await runClient(name, { ...args, sni: 'b.test', name: null })).toMatchObject({ ok: true })
      expect(await runClient(name, { ...args, sni: 'a.test', name: 'b.test' })).toMatchObject({
        stage: 'verify',
      })
    },
  )

  test.skipIf(!there(name))(`${name}: a closed port is told as tcp`, async () => {
    const args = { port: await freePort(), sni: 'a.test', verify: 'none' } as const
    expect(await runClient(name, args)).toMatchObject({ stage: 'tcp', ok: false })
  })

  test.skipIf(!there(name))(`${name}: what it cannot do is refused, not ignored`, async () => {
    const args = { port: small, sni: 'a.test', verify: 'none' } as const
    await expect(runClient(name, { ...args, suites: 'NO_SUCH_SUITE' })).rejects.toThrow(/--suites/)
    await expect(runClient(name, { port: small, sni: 'a.test' })).rejects.toThrow(/--anchors/)
  })
})

/** facts of the stacks that hold for their stock builds, TLS 1.2. */
const refusals = [
  ['bearssl', { distrust: { code: '62' }, name: { code: '56' }, late: { code: '54' } }],
  [
    'mbedtls-2.28',
    {
      distrust: { code: '-0x2700', flags: '0x8', alertSent: 48 },
      name: { code: '-0x2700', flags: '0x4', alertSent: 42 },
      late: { code: '-0x2700', flags: '0x1' },
    },
  ],
  [
    'wolfssl',
    {
      distrust: { code: '-188', alertSent: 48 },
      name: { code: '-322', alertSent: 42 },
      late: { stage: 'setup', code: '-151' },
    },
  ],
  [
    'openssl',
    {
      distrust: { code: 'certificate verify failed', flags: '20', alertSent: 48 },
      name: { code: 'certificate verify failed', flags: '62', alertSent: 42 },
      late: { code: 'certificate verify failed', flags: '10', alertSent: 45 },
    },
  ],
  [
    'gnutls',
    {
      distrust: { code: '-348', flags: '0x42' },
      name: { code: '-348', flags: '0x4002' },
      late: { code: '-348', flags: '0x402' },
    },
  ],
] as const

describe.each(refusals)('%s', (name, codes) => {
  const args = { sni: 'a.test', maxVersion: '1.2' } as const

  test.skipIf(!there(name))(`${name}: another anchor`, async () => {
    const anchors = range.file('stranger.pem', range.stranger)
    const result = await runClient(name, { ...args, port: small, anchors })
    expect(result).toMatchObject({ stage: 'verify', ok: false, ...codes.distrust })
  })

  test.skipIf(!there(name))(`${name}: another name`, async () => {
    const result = await runClient(name, { ...args, port: small, anchors: root, name: 'b.test' })
    expect(result).toMatchObject({ stage: 'verify', ok: false, ...codes.name })
  })

  test.skipIf(!there(name))(`${name}: a clock past the end of the certificates`, async () => {
    const time = new Date(range.leaf.certificate.notAfter.getTime() + 86_400_000)
    const result = await runClient(name, { ...args, port: small, anchors: root, time })
    expect(result).toMatchObject({ stage: 'verify', ok: false, ...codes.late })
  })
})
