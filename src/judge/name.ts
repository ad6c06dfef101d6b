import type { Effect, FixSuggested } from '../finding/finding.ts'
import { type HostMatch, matchHost, sameName } from '../trust/name-match.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { isDnsName } from '../x509/dns-name.ts'
import { missing } from './missing.ts'
import { type Draft, type DraftExtras, draft, fix, type Judged, type Rule } from './rule.ts'
import type { Scene } from './scene.ts'
import { judgeNoName } from './server-name.ts'

/** Names shown of a certificate with many. */
const MAX_NAMES_SHOWN = 20

/** name: whether the certificate is for the host, as this stack compares them. RFC 6125 §6.4, RFC 9525. */
export const nameRules: readonly Rule[] = [
  {
    stage: 'name',
    needs: ['leaf'],
    judge(scene) {
      const { leg, checks } = scene
      const leaf = leg.chain!.leaf!
      const off = judgeOff(scene)
      if (leg.host === undefined) {
        const { names } = matchHost(leaf, 'invalid')
        const details = { names: names.slice(0, MAX_NAMES_SHOWN), namesTotal: names.length }
        return {
          findings: [...off, draft('name-untested', 'info', details)],
          missing: [missing('host-name', 'the name the device asks for was not given')],
          basis: 'not-seen',
        }
      }
      const match = matchHost(leaf, leg.host)
      const result = judgeMatch(scene, match)
      if (leg.finalDot && match.hostKind === 'dns') return judgeDotted(scene, match, off)
      const effect = effectOf(checks.name.state, result.known)
      if (result.matches) return { findings: off }
      const details = {
        host: leg.host,
        names: match.names.slice(0, MAX_NAMES_SHOWN),
        namesTotal: match.names.length,
        kind: kindOf(match),
      }
      const mismatch = draft('name-mismatch', effect, details, {
        fixes: fixesOf(match, leg.host),
        ...proof(scene),
      })
      const asked = missing('measured-limit', 'how this stack finds addresses is not known', 'name')
      return { findings: [...off, mismatch], missing: effect === 'unknown' && !result.known ? [asked] : [] }
    },
  },
]

/**
 * Certificates name hosts without the dot at the end, and what compares names as text finds another one with it. Where the
 * rules of the library are known they decide; of others it is not known.
 */
function judgeDotted({ leg, checks, stack }: Scene, match: HostMatch, off: readonly Draft[]): Judged {
  const host = leg.host!
  const details = {
    host: `${host}.`,
    names: match.names.slice(0, MAX_NAMES_SHOWN),
    namesTotal: match.names.length,
    kind: kindOf(match),
  }
  const effect = effectOf(checks.name.state, stack !== undefined)
  const fixes = match.matched ? [fix('connect-by-name', { name: host })] : fixesOf(match, host)
  const asked = missing(
    'measured-limit',
    'whether this stack minds a dot at the end of a name is not known',
    'name',
  )
  return {
    findings: [...off, draft('name-mismatch', effect, details, { fixes })],
    missing: effect === 'unknown' ? [asked] : [],
  }
}

function judgeOff({ checks, device }: Scene): Draft[] {
  const { by } = checks.name
  // With all verification off, that finding says it.
  if (by === undefined || checks.peer.state === 'unchecked') return []
  const dropsSni = by === 'request' && device.hello.sni?.value === 'with-name-check'
  return [draft('name-check-off', 'risks', { by, dropsSni }, { fixes: [fix('restore-name-check')] })]
}

/** Stacks differ over addresses: an iPAddress SAN that the stack does not look at is no match. */
function judgeMatch(scene: Scene, match: HostMatch): { matches: boolean; known: boolean } {
  if (match.hostKind === 'dns') return { matches: match.matched, known: true }
  const byAddress = scene.device.verification.ipAddressSan?.value
  const asText = match.inDnsNames || (match.inCommonName && !match.hasAltNames)
  if (byAddress === 'unmatched') return { matches: asText, known: true }
  if (byAddress === 'matched') return { matches: match.inIpAddresses, known: match.inIpAddresses || !asText }
  // Not known which way this stack compares: in both forms is a match, in one it may be.
  if (match.inIpAddresses && asText) return { matches: true, known: true }
  return { matches: false, known: !match.inIpAddresses && !asText }
}

function effectOf(state: 'checked' | 'unchecked' | 'unknown', known: boolean): Effect {
  if (state === 'unchecked') return 'info'
  return state === 'checked' && known ? 'blocks' : 'unknown'
}

function kindOf(match: HostMatch): 'dns' | 'ip' | 'cn-ignored' | 'none' {
  if (match.names.length === 0) return 'none'
  if (match.hostKind === 'ip') return 'ip'
  return match.inCommonName ? 'cn-ignored' : 'dns'
}

function fixesOf(match: HostMatch, host: string): FixSuggested[] {
  const reissue = fix('reissue-with-name')
  // The host itself may stand where this stack does not look, and an address is no name.
  const others = match.names.filter((one) => !sameName(one, host) && isDnsName(one.replace(/^\*\./, '')))
  if (others.length === 0) return [reissue]
  const name = others.find((one) => !one.includes('*'))
  const byName = fix('connect-by-name', name === undefined ? {} : { name })
  return match.hostKind === 'ip' ? [reissue, byName] : [byName, reissue]
}

/** Asked with the name, the server shows a certificate that fits: then the missing or wrong SNI is the cause. */
function proof(scene: Scene): DraftExtras {
  const { leg } = scene
  const { host, first } = leg
  if (host === undefined || first === undefined || sameName(first.hello?.sni, host)) return {}
  const proved = leg.probes.some((probe) => {
    const der = probe.chain?.certificates[0]
    return sameName(probe.hello?.sni, host) && der !== undefined && fits(der, host)
  })
  if (!proved) return {}
  return first.hello?.sni === undefined
    ? { cause: 'sni-missing', fixes: judgeNoName(scene, host).fixes }
    : { cause: 'sni-wrong', fixes: [fix('set-sni-to-endpoint', { host })] }
}

function fits(der: Uint8Array, host: string): boolean {
  try {
    return matchHost(decodeCertificate(der), host).matched
  } catch {
    return false
  }
}
