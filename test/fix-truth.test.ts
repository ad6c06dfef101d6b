import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readAnchors } from '../src/cli/check-files.ts'
import { resolveDevice } from '../src/device/catalogue.ts'
import type { Device } from '../src/device/device.ts'
import type { FindingId } from '../src/finding/details.ts'
import type { FixId } from '../src/finding/fix.ts'
import { openCatalogue } from '../src/io/catalogue-files.ts'
import { check } from '../src/io/check.ts'
import { openKnownRoots } from '../src/io/root-files.ts'
import type { Verdict } from '../src/judge/verdict.ts'
import { plainAttempt, requestOf } from '../src/lab/case.ts'
import { causeWords } from '../src/report/cause-words.ts'
import { type FixOfFinding, fixWords, formatFix } from '../src/report/fixes.ts'
import { fixesByPlace } from '../src/report/fixes-by-place.ts'
import { formatText } from '../src/report/text.ts'
import { unsafeAdvice } from '../src/report/unsafe-advice.ts'
import { limit } from './support/judge-devices.ts'
import { fixture } from './support/tlsfit.ts'

const catalogue = openCatalogue()
const knownRoots = openKnownRoots()

interface Asked {
  readonly now?: string
  readonly anchor?: string
}

async function verdictOf(chain: string, device: string, { now = '2026-06-01', anchor }: Asked = {}) {
  const data = { catalogue, knownRoots, now: new Date(now) }
  const anchors = anchor === undefined ? undefined : await readAnchors([join('roots', `${anchor}.pem`)])
  const attempt = { ...plainAttempt, target: fixture(`chains/chain-${chain}.pem`), device: '', anchors: [] }
  const request = { ...requestOf({ ...attempt, sni: undefined }, data), devices: [device], anchors }
  const [verdict] = await check(request)
  return verdict!
}

/** The cure of the first finding of that kind that has it. */
function cureOf(verdict: Verdict, about: FindingId, id: FixId): FixOfFinding {
  const finding = verdict.findings.find((one) => one.id === about)!
  const fix = finding.fixes.find((one) => one.id === id)!
  return formatFix(fix, finding, verdict.device, verdict.observation.target)
}

const azure = 'azure-metadata-g2'

describe('another certificate', () => {
  test.each(['nrf9160@1.3.7', 'nrf91x1'])('%s: the owner is told the root it must end at', async (device) => {
    const { sentence, title, commands } = cureOf(
      await verdictOf(azure, device),
      'chain-too-large',
      'use-shorter-chain',
    )
    for (const words of [title, sentence])
      expect(words).toMatch(/ECDSA certificate on P-256 .*4,096 bytes, ending at DigiCert Global Root G2/)
    expect(sentence).toContain('Clients that offer ECDSA get the new one and must trust its root')
    expect(sentence).not.toContain('none is lost')
    // No CA is known to issue under that root, least of all the one of certbot.
    expect(commands.join('\n')).not.toContain('certbot')
    expect(commands.join('\n')).toMatch(/openssl req .*P-256.*\ntlsfit check .* --anchor <root\.pem>/)
  })

  test('what the device holds is the root, not what the endpoint ends at', async () => {
    const verdict = await verdictOf(azure, 'nrf9160@1.3.7', { anchor: 'amazon-root-ca-1' })
    const { sentence } = cureOf(verdict, 'chain-size-undecided', 'use-shorter-chain')
    expect(sentence).toContain('ending at Amazon Root CA 1')
  })

  test('spwf04sx: ECDSA is not promised where nothing says that the device takes it', async () => {
    const verdict = await verdictOf(azure, 'spwf04sx')
    const { title, commands, sentence } = cureOf(verdict, 'rsa-key-unproved', 'serve-other-key')
    expect(title).toMatch(
      /RSA keys of at most 2,048 bits, in its issuers too, ending at DigiCert Global Root G2/,
    )
    expect(`${title} ${sentence} ${commands.join('\n')}`).not.toMatch(/ECDSA|P-256|certbot/)
    expect(commands[0]).toContain('-newkey rsa:2048')
  })

  test('a root with a key as large as the one in question is not the root to end at', async () => {
    const verdict = await verdictOf(azure, 'spwf04sx', { anchor: 'microsoft-rsa-root-2017' })
    const { title } = cureOf(verdict, 'rsa-key-unproved', 'serve-other-key')
    expect(title).toMatch(/in its issuers too, ending at a root that the device holds$/)
  })

  test('zephyr: no ECDSA over static RSA, and no public CA is promised for 1,500 bytes', async () => {
    const verdict = await verdictOf(azure, 'zephyr@3.1')
    for (const id of ['use-shorter-chain', 'front-small-chain'] as const) {
      const { title, sentence, commands } = cureOf(verdict, 'message-too-large', id)
      const text = [title, sentence, ...commands].join('\n')
      expect(text).not.toMatch(/an? (one )?ECDSA|certbot|Global Root G2/)
      expect(title).toContain("public CAs hardly give that: Let's Encrypt's shortest has about 2,531 bytes")
    }
  })

  test('nobody issues anything within 1,500 bytes with ECDSA either, on a device that takes it', async () => {
    const device = resolveDevice('zephyr@3.1', catalogue)
    const source = { source: 'prj.conf', confidence: 'documented' as const }
    const suites = { value: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], ...source }
    const built = { ...device, hello: { ...device.hello, cipherSuites: suites } }
    const verdict = await verdictOf(azure, 'zephyr@3.1')
    const { title } = cureOf({ ...verdict, device: built }, 'message-too-large', 'use-shorter-chain')
    expect(title).toMatch(/ECDSA certificate .* \(public CAs hardly .* about 1,576 bytes/)
  })
})

test.each(['esp-idf@4.4', 'zephyr@3.1'])('%s: a remark has its own line in Kconfig', async (device) => {
  const finding = { id: 'message-too-large', effect: 'blocks', details: { messageBytes: 5798 } } as never
  const { target } = (await verdictOf(azure, device)).observation
  const fix = { id: 'enlarge-record-buffer', with: {} } as const
  const { commands } = formatFix(
    fix,
    { ...(finding as object), ...sample } as never,
    resolveDevice(device, catalogue),
    target,
  )
  const set = commands.filter((line) => line.startsWith('CONFIG_'))
  expect(set.length).toBeGreaterThan(1)
  for (const line of set) expect(line).not.toContain('#')
})

test.each([
  ['zephyr', 'both buffers', {}, '<what it was, and 13384 more>'],
  ['ncs-native-tls', 'the input buffer', { received: 5120 }, '<what it was, and 3072 more>'],
  ['ncs-native-tls', 'what is not known', {}, '<what it was, and what the buffers grow by>'],
  ['nrf7002', 'the input buffer', { received: 4096 }, '<what it was, and 4096 more>'],
])('%s: the heap grows by what %s grow by', async (id, _what, build, heap) => {
  const device = resolveDevice(id, catalogue)
  const { received } = build as { received?: number }
  const recordBytes = received === undefined ? undefined : limit({ value: received, counts: 'record' })
  const built: Device =
    received === undefined ? device : { ...device, limits: { ...device.limits, recordBytes } }
  const { target } = (await verdictOf(azure, id)).observation
  const finding = { id: 'message-too-large', effect: 'blocks', ...sample } as never
  const { commands } = formatFix({ id: 'enlarge-record-buffer', with: {} }, finding, built, target)
  expect(commands.at(-1)).toBe(`CONFIG_MBEDTLS_HEAP_SIZE=${heap}`)
})

test.each([
  [azure, 'CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=8192'],
  ['microsoft-com-2026', 'CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=16384'],
])('TLS on the application core has room for the chain that was met: %s', async (chain, line) => {
  const verdict = await verdictOf(chain, 'nrf9160@1.3.7+ncs@2.7.0', { anchor: 'digicert-global-root-g2' })
  const { commands } = cureOf(verdict, 'chain-too-large', 'tls-on-application-core')
  expect(commands).toContain(line)
})

const sample = { details: { messageBytes: 5798, limitBytes: 1500, overBytes: 4298 } }

test.each([
  'esp-idf@5.2',
  'a76xx',
  'zephyr@3.1',
])('%s does not look at dates: no clock is set, and there is no error to silence', async (device) => {
  const verdict = await verdictOf(azure, device, { now: '2026-02-01' })
  const early = verdict.findings.find(({ id }) => id === 'cert-not-yet-valid')!
  expect(early.effect).toBe('risks')
  expect(early.fixes.map(({ id }) => id)).toEqual(['renew-certificate'])
  expect(unsafeAdvice(early, verdict.device)).toBeUndefined()
})

test.each([
  ['esp8266-arduino@3.1', '(setInsecure())'],
  ['arduino-esp32', '(setInsecure())'],
  ['esp-idf@5.2', '(CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY)'],
  ['a76xx', 'authmode'],
  ['wolfssl', '(WOLFSSL_VERIFY_NONE)'],
  ['nrf9160@1.3.7+ncs@2.7.0+memfault', '(TLS_PEER_VERIFY_NONE)'],
])('%s: the switch not to be touched is its own: %s', (id, words) => {
  const finding = { id: 'untrusted-root', effect: 'blocks' } as const
  expect(unsafeAdvice(finding, resolveDevice(id, catalogue))).toContain(words)
})

test.each(['spwf04sx', 'bearssl'])('%s has no switch of another family', (id) => {
  const finding = { id: 'untrusted-root', effect: 'blocks' } as const
  expect(unsafeAdvice(finding, resolveDevice(id, catalogue))).toMatch(/^switching verification off silences/)
})

test('a figure that can be read in two ways is one figure in cause, room, ladder and ask: the one that is safe', async () => {
  const verdict = await verdictOf(azure, 'spwf04sx')
  const near = verdict.findings.find(({ id }) => id === 'limit-near')!
  expect(near.details).toMatchObject({ value: 2381, limitValue: 2500, left: 119 })
  const page = formatText([verdict], { color: false, columns: 100 })
  expect(page.split('\n').filter((line) => line.includes('2,560'))).toEqual([
    expect.stringContaining('one certificate: 2,500 to 2,560'),
  ])
  expect(page).toContain('2,381 of 2,500, 119 left')
  const { title, sentence } = cureOf(verdict, 'limit-near', 'use-shorter-chain')
  for (const words of [title, sentence]) {
    expect(words).toContain('no certificate in it over 2,500 bytes')
    expect(words).not.toContain('all certificates together')
  }
})

test('a limit for each certificate is not told as one for all of them', async () => {
  const verdict = await verdictOf('dc-services-visualstudio-2020', 'spwf04sx', { now: '2020-06-01' })
  const { title } = cureOf(verdict, 'cert-too-large', 'front-small-chain')
  expect(title).toContain('and its issuer, none of them over 2,560 bytes, ending at ')
})

test('pieces that a library does not join are cured by a chain of one piece', async () => {
  const verdict = await verdictOf(azure, 'zephyr@2.6')
  const { sentence, title } = cureOf(verdict, 'stack-refuses', 'use-shorter-chain')
  for (const words of [sentence, title])
    expect(words).toMatch(/serve a shorter chain, small enough for one record/)
  expect(sentence).toContain('may stop here')
})

test.each([
  ['esp-idf@5.2', 'CONFIG_MBEDTLS_DYNAMIC_BUFFER=y'],
  ['zephyr@4.0', 'CONFIG_MBEDTLS_HEAP_SIZE=<more than it was>'],
])('%s that ran out of memory is told no larger buffer: %s', async (id, line) => {
  const device = resolveDevice(id, catalogue)
  const { target } = (await verdictOf(azure, id)).observation
  const cures = causeWords['out-of-memory'].cures.map(({ id: cure }) => fixWords[cure])
  const commands = cures.flatMap(({ commands: of }) => of({ device, target, facts: {} }))
  expect(commands).toContain(line)
  expect(commands.join()).not.toContain('CONTENT_LEN')
})

test('a log of a record too large, of a device whose profile takes all that there are, sets nothing to that size', async () => {
  const device = resolveDevice('mbedtls@3.6', catalogue)
  const { target } = (await verdictOf(azure, 'mbedtls@3.6')).observation
  const cures = causeWords['record-too-large'].cures.map(({ id }) => fixWords[id])
  const commands = cures.flatMap(({ commands: of }) => of({ device, target, facts: {} })).join('\n')
  expect(commands).not.toContain('16384')
  expect(commands).toContain('ssl_buffer_size <what the device takes>;')
})

describe('the message to the owner', () => {
  const asks = async (device: string) =>
    fixesByPlace(await verdictOf(azure, device)).find(({ place }) => place === 'their-server')!.cures

  test('of a file names the certificate, and of a risk what it is', async () => {
    const [near] = await asks('spwf04sx')
    expect(near!.sentence).toMatch(
      /^Our devices \(ST SPWF04Sx 1\.1\.0\) can use your endpoint with the certificate for metadata\.azure\.com, but may fail later\. /,
    )
  })

  test('is one for two certificates with the same fault, and tells both', async () => {
    const keys = (await asks('spwf04sx')).filter(({ cures }) => cures.includes('rsa-key-unproved'))
    const other = keys.filter(({ id }) => id === 'serve-other-key')
    expect(other).toHaveLength(1)
    expect(other[0]!.sentence).toMatch(/Certificate 2 .*Certificate 3 .* Please serve/)
  })

  test('calls the device by its product', async () => {
    const [ask] = await asks('zephyr@3.1')
    expect(ask!.sentence).toMatch(/^Our devices \(Zephyr 3\.1\) cannot use your endpoint/)
  })
})

test.each([
  ['nrf9160@1.3.7+ncs@2.7.0', false],
  ['nrf91x1', false],
  ['nrf7002', true],
  ['zephyr@4.0', true],
])('%s is told to set ALPN where its sockets take it: %s', async (id, takes) => {
  const { target } = (await verdictOf(azure, id)).observation
  const about = { device: resolveDevice(id, catalogue), target, facts: {} }
  const { title, commands } = fixWords['set-alpn']
  expect(commands(about).some((line) => line.includes('TLS_ALPN_LIST'))).toBe(takes)
  expect(/cannot set it/.test(title(about))).toBe(!takes)
})
