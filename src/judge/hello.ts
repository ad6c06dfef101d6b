import { knownSuites } from '../device/known-suites.ts'
import type { Connection } from '../observe/observation.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'
import { formatNamedGroup, parseNamedGroup } from '../tls/named-groups.ts'
import { formatVersion, parseVersion } from '../tls/versions.ts'
import { sameName } from '../trust/name-match.ts'
import { judgeRefusal, noCommonVersion, unprovedChoice } from './hello-refusal.ts'
import { missing } from './missing.ts'
import { type Draft, draft, fix, type Rule } from './rule.ts'
import type { Scene } from './scene.ts'
import { judgeNoName } from './server-name.ts'
import type { Missing } from './verdict.ts'

/** hello: what the server made of the ClientHello. Only parts of it that are known for the device decide. */
export const helloRules: readonly Rule[] = [
  {
    stage: 'hello',
    needs: ['connection'],
    judge(scene) {
      const first = scene.leg.first!
      const basis = scene.device.hello.origin === 'assumed' ? 'assumed' : undefined
      if (scene.device.hello.versions?.value.length === 0) {
        return { findings: [noCommonVersion(scene, undefined, first.negotiated?.version)], basis }
      }
      const refusal = judgeRefusal(scene, first)
      const choice = judgeChoice(scene, first)
      return {
        findings: [
          ...judgeAssumed(scene, first),
          ...judgeForeign(first),
          ...(refusal.findings ?? []),
          ...choice.findings,
          ...judgeDefaultChain(scene, first),
        ],
        missing: [...(refusal.missing ?? []), ...choice.missing],
        basis,
      }
    },
  },
]

function judgeAssumed({ device, leg }: Scene, first: Connection): Draft[] {
  if (leg.index > 0 || first.hello === undefined) return []
  const { hello } = device
  const parts = [
    ...(hello.versions === undefined ? ['versions'] : []),
    ...(hello.cipherSuites === undefined ? ['cipher suites'] : []),
    ...(hello.groups === undefined ? ['groups'] : []),
    ...(hello.signatureSchemes === undefined ? ['signature algorithms'] : []),
    ...(hello.extensions === undefined ? ['extension order'] : []),
  ]
  return parts.length === 0 ? [] : [draft('hello-assumed', 'info', { parts })]
}

/** What came back is no TLS: no client of any kind gets further. */
function judgeForeign({ violation }: Connection): Draft[] {
  if (violation?.reason !== 'not-tls') return []
  const firstBytes = violation.detail
  const details = { firstBytes, looksLike: guessProtocol(firstBytes) }
  return [draft('not-tls', 'blocks', details, { fixes: [fix('use-https-port')] })]
}

/** Greetings of protocols met on TLS ports, as text or as hex. */
function guessProtocol(firstBytes: string): string {
  const hex = firstBytes.toLowerCase().replace(/[^0-9a-f]/g, '')
  const greetings: readonly (readonly [string, string])[] = [
    ['HTTP/', 'plain HTTP'],
    ['SSH-', 'SSH'],
    ['220 ', 'SMTP or FTP'],
    ['+OK', 'POP3'],
    ['* OK', 'IMAP'],
    ['<', 'HTML or XML in plain'],
  ]
  const found = greetings.find(
    ([text]) => firstBytes.startsWith(text) || hex.startsWith(Buffer.from(text).toString('hex')),
  )
  return found?.[1] ?? 'another protocol'
}

/**
 * A choice outside what the device has decides only where the hello that was answered did not offer it either, which no
 * client takes. One that did offer it was another hello, and the server may answer the device's own differently.
 */
function judgeChoice(scene: Scene, first: Connection): { findings: Draft[]; missing: Missing[] } {
  const { device } = scene
  const { hello, negotiated, keyExchange } = first
  if (hello === undefined || negotiated === undefined) return { findings: [], missing: [] }
  const { versions, groups } = device.hello
  const choices = [
    {
      what: 'version' as const,
      code: negotiated.version,
      chosen: formatVersion(negotiated.version),
      has: amongCodes(versions?.value, parseVersion),
      offered: hello.versions,
    },
    {
      what: 'cipher-suite' as const,
      code: negotiated.cipherSuite,
      chosen: formatCipherSuite(negotiated.cipherSuite),
      has: knownSuites(device)?.has,
      offered: hello.cipherSuites,
    },
    ...(keyExchange?.group === undefined
      ? []
      : [
          {
            what: 'group' as const,
            code: keyExchange.group,
            chosen: formatNamedGroup(keyExchange.group),
            has: amongCodes(groups?.value, parseNamedGroup),
            offered: hello.groups,
          },
        ]),
  ]
  const outside = choices.filter(({ code, has }) => has !== undefined && !has(code))
  const findings = outside.map(({ what, code, chosen, has, offered }) => {
    // RFC 5246 §E.1: a server answers with the highest version it has up to the client's, so it has none of the list.
    if (what === 'version' && older(code, versions?.value)) {
      return { ...noCommonVersion(scene, undefined, code), ...ownNumber(scene) }
    }
    const unoffered = !offered.includes(code) && offered.some((one) => has!(one))
    return draft(
      'unlisted-choice',
      unoffered ? 'blocks' : 'unknown',
      { what, chosen },
      { fixes: [fix('enable-suite')] },
    )
  })
  const unproved = choices.flatMap(({ what, has, chosen }) =>
    has === undefined && what !== 'version' && isUnusual(scene, what, chosen)
      ? [unprovedChoice(what, chosen)]
      : [],
  )
  const asked: Missing[] = []
  if (findings.some(({ effect }) => effect === 'unknown'))
    asked.push(
      missing('client-hello-capture', 'the hello that was answered is not that of the device', 'hello'),
    )
  if (unproved.length > 0)
    asked.push(
      missing('client-hello-capture', 'no source says what the device offers of that kind', 'choice'),
    )
  return { findings: [...findings, ...unproved], missing: asked }
}

/** Whether ordinary servers choose otherwise; what a device offers in a capture of its own it has. */
function isUnusual(
  { ordinary, observation }: Scene,
  what: 'cipher-suite' | 'group',
  chosen: string,
): boolean {
  if (observation.source === 'capture') return false
  const usual = what === 'group' ? ordinary?.groups : ordinary?.cipherSuites
  return usual !== undefined && !usual.includes(chosen)
}

/** Whether a code is among those of the names; undefined where these are not known. */
function amongCodes(
  names: readonly string[] | undefined,
  parse: (name: string) => number | undefined,
): ((code: number) => boolean) | undefined {
  const codes = names?.flatMap((name) => parse(name) ?? [])
  return codes && ((code) => codes.includes(code))
}

/** The device stops at the ServerHello, in its library's number; without one, nothing is known of what it shows. */
function ownNumber({ stack }: Scene): Pick<Draft, 'failure' | 'number'> {
  const code = stack?.stack.codeOf({ kind: 'version' })
  return code === undefined
    ? { failure: 'none' }
    : { failure: 'hello-refused', number: { code, reasons: [] } }
}

function older(version: number, names: readonly string[] = []): boolean {
  return names.flatMap((name) => parseVersion(name) ?? []).every((one) => one > version)
}

/** The server answers, but with the certificate of another site: the one that it keeps for clients without SNI. */
function judgeDefaultChain(scene: Scene, first: Connection): Draft[] {
  const { leg, checks } = scene
  const { host } = leg
  if (host === undefined || first.hello === undefined || first.hello.sni !== undefined) return []
  if (!checks.sniNever && !checks.sniDropped) return []
  const own = first.chain?.certificates[0]
  const other = leg.probes.find(({ hello, chain }) => sameName(hello?.sni, host) && chain !== undefined)
  const named = other?.chain?.certificates[0]
  if (own === undefined || named === undefined || Buffer.compare(own, named) === 0) return []
  const { reason, fixes } = judgeNoName(scene, host)
  return [draft('sni-missing', 'risks', { host, reason }, { fixes })]
}
