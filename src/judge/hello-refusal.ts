import { knownSuites } from '../device/known-suites.ts'
import type { Connection } from '../observe/observation.ts'
import { alerts, formatAlert } from '../tls/alerts.ts'
import { findCipherSuite, formatCipherSuite, parseCipherSuite } from '../tls/cipher-suites.ts'
import { formatVersion, parseVersion } from '../tls/versions.ts'
import { sameName } from '../trust/name-match.ts'
import { updateThatLifts } from './fixes.ts'
import { missing } from './missing.ts'
import { fatalAlert, helloRefused, refusalFailure } from './refusal.ts'
import { type Draft, draft, fix, type Judged } from './rule.ts'
import type { Scene } from './scene.ts'
import { judgeNoName } from './server-name.ts'

/**
 * Why the server turned the hello down. Parts that are unknown for the device were offered wide, so a refusal is due
 * to a known part; which one, the probes tell. Without them only the alert that names its reason decides.
 */
export function judgeRefusal(scene: Scene, first: Connection): Judged {
  if (!helloRefused(first)) return {}
  const alert = fatalAlert(first)
  const seen: Refusal = {
    first,
    alert: alert === undefined ? undefined : formatAlert(alert.description),
    code: alert?.description,
    named: scene.leg.probes.filter((probe) => sameName(probe.hello?.sni, scene.leg.host)),
    answered: answersBeside(first, scene.leg.probes),
  }
  if (alert === undefined && scene.leg.probes.some((probe) => isAnsweredTwin(probe, first))) {
    const details = { alert: undefined, closed: first.close?.how }
    return {
      findings: [draft('hello-refused', 'unknown', details, { failure: refusalFailure(first) })],
      missing: [missing('live-endpoint', 'the same hello was answered when it was sent again', 'hello')],
    }
  }
  const less = offersLess(scene.device, first)
  const proved =
    byServerName(scene, seen) ?? (less ? undefined : (byVersion(scene, seen) ?? byCipher(scene, seen)))
  const failure = refusalFailure(first)
  if (proved !== undefined) {
    const findings = [{ ...proved, failure }]
    const why = proved.effect === 'unknown' ? whyOpen(proved.id) : undefined
    if (why === undefined) return { findings }
    return { findings, missing: [missing('client-hello-capture', why, 'hello')] }
  }
  const details = { alert: seen.alert, closed: seen.code === undefined ? first.close?.how : undefined }
  if (!less && isKnownToDecide(scene, seen))
    return { findings: [draft('hello-refused', 'blocks', details, { ...enableSuite, failure })] }
  return {
    findings: [draft('hello-refused', 'unknown', details, { ...enableSuite, failure })],
    missing: [
      missing('client-hello-capture', 'which part of the hello the server minds is not known', 'hello'),
    ],
  }
}

function whyOpen(id: Draft['id']): string | undefined {
  if (id === 'no-common-version') return 'the versions of the device are only inferred'
  if (id === 'algorithm-unproved') return 'no source says which suites the device offers'
  return id === 'no-common-cipher' ? 'whether the device has another key exchange is not certain' : undefined
}

const enableSuite = { fixes: [fix('enable-suite')] }

/**
 * The device speaks a version that the hello did not offer, as one of TLS 1.3 does where the hello was of TLS 1.2: what
 * the server made of it says nothing of the device's own.
 */
function offersLess({ hello }: Scene['device'], first: Connection): boolean {
  const listed = (hello.versions?.value ?? []).flatMap((name) => parseVersion(name) ?? [])
  return Math.max(...listed) > Math.max(...(first.hello?.versions ?? []))
}

interface Refusal {
  readonly first: Connection
  readonly alert: string | undefined
  readonly code: number | undefined
  /** Probes that ask for the host by its own name. */
  readonly named: readonly Connection[]
  /** Probes to which the server answered with a ServerHello, under a name for which it refused the device's offer. */
  readonly answered: readonly Connection[]
}

/**
 * A server minds versions and suites of its own for each name: an answer under one name says nothing of the refusal
 * under another. The device's offer may have been refused under more than one.
 */
function answersBeside(first: Connection, probes: readonly Connection[]): Connection[] {
  const refused = [first, ...probes.filter((probe) => helloRefused(probe) && sameOffer(probe, first))]
  return probes.filter(
    ({ hello, negotiated }) =>
      negotiated !== undefined &&
      refused.some((one) => one.hello?.sni === hello?.sni || sameName(one.hello?.sni, hello?.sni)),
  )
}

/** The same versions and suites with the name get an answer: the name was what was lacking, or wrong. */
function byServerName(scene: Scene, { first, named, alert }: Refusal): Draft | undefined {
  const { leg, checks } = scene
  const { host } = leg
  const hello = first.hello!
  if (host === undefined || sameName(hello.sni, host)) return undefined
  if (!named.some((probe) => probe.negotiated !== undefined && sameOffer(probe, first))) return undefined
  if (hello.sni !== undefined) {
    const closed = alert === undefined ? (first.close?.how ?? 'closed') : `alert ${alert}`
    const fixes = [fix('set-sni-to-endpoint', { host })]
    return draft('sni-wrong', 'blocks', { sent: hello.sni, host, closed }, { stage: 'hello', fixes })
  }
  // That the device sends no name must be known, or be what the user asked for.
  const { reason, fixes } = judgeNoName(scene, host)
  const neverSent = checks.sniNever && scene.device.hello.sni?.confidence !== 'inferred'
  const effect = neverSent || checks.sniDropped ? 'blocks' : 'unknown'
  return draft('sni-missing', effect, { host, reason }, { fixes })
}

function byVersion(scene: Scene, { alert, code, answered }: Refusal): Draft | undefined {
  const versions = scene.device.hello.versions?.value
  if (versions === undefined) return undefined
  const listed = versions.flatMap((name) => parseVersion(name) ?? [])
  const spoken = answered.map(({ negotiated }) => negotiated!.version)
  const named = code === alerts.protocol_version.code
  // Under a version of the device's the server did answer a wider hello, so the version is not what it minds.
  if (spoken.some((version) => listed.includes(version))) return undefined
  const other = spoken[0]
  if (!named && other === undefined) return undefined
  // A server that prefers another version may speak the device's as well, and mind the suites.
  const refusedWide = answered.length > 0 && code !== alerts.handshake_failure.code
  if (!named && !refusedWide) return undefined
  return noCommonVersion(scene, alert, other)
}

/**
 * `spoken`: the version that the server answered with. A list that is only inferred does not decide, nor does an answer
 * to a hello that offered less.
 */
export function noCommonVersion(
  { device, leg }: Scene,
  alert: string | undefined,
  spoken: number | undefined,
): Draft {
  const { value: offered = [], confidence = 'inferred' } = device.hello.versions ?? {}
  const serverSpeaks = spoken === undefined ? undefined : formatVersion(spoken)
  // A device without any version of TLS is not helped by what a server offers, and SSL 3.0 is broken (RFC 7568).
  const fixes = offered.every((version) => version === 'SSLv3')
    ? [fix('other-module')]
    : [
        // TLS 1.0 and 1.1 are deprecated, RFC 8996: the best that the device has.
        fix('enable-suite', { version: offered.at(-1) ?? 'TLSv1.2' }),
        ...updateThatLifts(
          device,
          ({ hello }) => hello.versions?.value.includes(serverSpeaks ?? '') ?? false,
        ),
        fix('front-small-chain'),
      ]
  const less = leg.first !== undefined && offersLess(device, leg.first)
  const effect = confidence === 'inferred' || less ? 'unknown' : 'blocks'
  return draft('no-common-version', effect, { offered, alert, serverSpeaks }, { fixes })
}

function byCipher({ device }: Scene, { first, alert, answered }: Refusal): Draft | undefined {
  const suites = knownSuites(device)
  const versions = device.hello.versions?.value.flatMap((name) => parseVersion(name) ?? [])
  const other = answered.find(({ negotiated }) => versions?.includes(negotiated!.version) ?? true)
  if (suites === undefined) {
    // Wide as it was, the offer lacked what the server has: so may the device, or not.
    const { cipherSuite } = other?.negotiated ?? {}
    if (cipherSuite === undefined || first.hello!.cipherSuites.includes(cipherSuite)) return undefined
    return unprovedChoice('cipher-suite', formatCipherSuite(cipherSuite))
  }
  const { names, exchanges } = suites
  if (other === undefined || suites.has(other.negotiated!.cipherSuite)) return undefined
  const serverChose = formatCipherSuite(other.negotiated!.cipherSuite)
  const fixes = [
    fix('enable-suite', suiteToAllow(names, serverChose)),
    ...updateThatLifts(device, ({ hello }) => hello.cipherSuites?.value.includes(serverChose) ?? false),
    fix('front-small-chain'),
  ]
  const details = { offered: names.length, alert, serverChose }
  // What is only inferred does not decide; and one that may speak TLS 1.3 may do without any of these exchanges.
  const open = suites.confidence === 'inferred' || (exchanges !== undefined && versions === undefined)
  const why = exchanges && { exchanges: exchanges.names, exchangeSource: exchanges.source }
  return draft('no-common-cipher', open ? 'unknown' : 'blocks', { ...details, ...why }, { fixes })
}

/** One that the certificate signs for which the server chose with, else one with the kind that it wants beside. */
function suiteToAllow(names: readonly string[], chosen: string): { readonly [fact: string]: string } {
  const signing = names.filter((name) => certificateOf(name) !== undefined)
  const present = certificateOf(chosen)
  const suite = signing.find((name) => certificateOf(name) === present) ?? signing[0]
  const certificate = suite && certificateOf(suite)
  if (suite === undefined || certificate === undefined) return {}
  return present === undefined || certificate === present ? { suite } : { suite, certificate }
}

/** Kind of the certificate that a suite authenticates with; undefined where it says none. */
function certificateOf(name: string): 'rsa' | 'ecdsa' | undefined {
  const auth = findCipherSuite(parseCipherSuite(name) ?? -1)?.auth
  return auth === 'rsa' || auth === 'ecdsa' ? auth : undefined
}

/** The server's choice of what no source gives of the device, outside of what ordinary servers choose. */
export function unprovedChoice(what: 'cipher-suite' | 'group', algorithm: string): Draft {
  const kind = certificateOf(algorithm)?.toUpperCase()
  const ordinary =
    what === 'group' ? { group: 'secp256r1' } : kind && { suite: `TLS_ECDHE_${kind}_WITH_AES_128_GCM_SHA256` }
  const fixes = [fix('enable-suite', ordinary || {})]
  return draft(
    'algorithm-unproved',
    'unknown',
    { what, algorithm },
    { stage: 'hello', failure: 'hello-refused', fixes },
  )
}

/**
 * Either the server takes a wide hello and some part of the device's is known and narrow, or all of the device's is
 * known and this very hello got a fatal alert. Which part the server minds stays open in both.
 */
function isKnownToDecide({ device }: Scene, { answered, code }: Refusal): boolean {
  const { versions, cipherSuites, groups, signatureSchemes, extensions, sni, origin } = device.hello
  const parts = [versions, cipherSuites, groups, signatureSchemes]
  if (answered.length > 0 && parts.some((part) => part !== undefined)) return true
  const whole = [...parts, extensions, sni].every(
    (part) => part !== undefined && part.confidence !== 'inferred',
  )
  return code !== undefined && whole && origin !== 'assumed'
}

/** The same versions and suites; the name may differ. */
function sameOffer({ hello: a }: Connection, { hello: b }: Connection): boolean {
  if (a === undefined || b === undefined) return false
  return sameCodes(a.cipherSuites, b.cipherSuites) && sameCodes(a.versions, b.versions)
}

/** The very hello that a connection broke on got its ServerHello on another one: it was not what broke the first. */
function isAnsweredTwin(probe: Connection, first: Connection): boolean {
  return probe.negotiated !== undefined && probe.hello?.sni === first.hello?.sni && sameOffer(probe, first)
}

function sameCodes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((code, i) => code === b[i])
}
