import type { Details } from '../finding/details.ts'
import { MAX_PLAINTEXT_BYTES } from '../tls/record-reader.ts'
import { matchHost } from '../trust/name-match.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { fragmentSizesOf, takesPieces } from './fragment-length.ts'
import { type Draft, draft, type Rule } from './rule.ts'
import type { Scene } from './scene.ts'

/** What the server made of hellos that differ in one thing. Facts of the endpoint; they decide nothing. */
export const comparisonRules: readonly Rule[] = [
  {
    stage: 'handshake',
    needs: ['connection'],
    scope: 'target',
    judge: (scene) => ({ findings: judgeFragmentLengths(scene) }),
  },
  {
    stage: 'hello',
    needs: ['connection'],
    scope: 'target',
    judge: (scene) => ({ findings: judgeServerNames(scene) }),
  },
]

/** Whether asking for max_fragment_length would help or hurt this device here, RFC 6066 §4. */
function judgeFragmentLengths(scene: Scene): Draft[] {
  const seen = scene.observation.fragmentLengths ?? []
  if (seen.length === 0) return []
  const honoured = seen.filter(({ answered }) => answered !== undefined).map(({ asked }) => asked)
  const asked = seen.map((one) => one.asked)
  if (honoured.length === 0) return [draft('fragment-length-ignored', 'info', { asked })]
  const details = { honoured, ...adviceFor(scene, honoured) }
  return [draft('fragment-length-honoured', 'info', details)]
}

function adviceFor(
  { device, leg }: Scene,
  honoured: readonly number[],
): Pick<Details['fragment-length-honoured'], 'advice' | 'lengths' | 'messageBytes' | 'recordBytes'> {
  const seen = fragmentSizesOf(leg.connections)
  const sizes = { messageBytes: seen.messageBytes, recordBytes: seen.recordBytes }
  const takes = (length: number) => takesPieces(device, length, seen)
  const good = honoured.filter(takes)
  if (takes(leg.first?.negotiated?.maxFragmentLength ?? MAX_PLAINTEXT_BYTES)) {
    const bad = honoured.filter((length) => !takes(length))
    return bad.length > 0
      ? { advice: 'hurts', lengths: bad, ...sizes }
      : { advice: 'no-difference', lengths: [], ...sizes }
  }
  return { advice: good.length > 0 ? 'helps' : 'no-difference', lengths: good, ...sizes }
}

/** With --compare-sni: which certificate goes with which name. */
function judgeServerNames({ observation }: Scene): Draft[] {
  const seen = observation.serverNames ?? []
  const { host } = observation.target
  if (seen.length === 0 || host === undefined) return []
  const rows = seen.map(({ sni, outcome, leaf, chainBytes, certificates, alert }) => ({
    sni: sni ?? 'none',
    outcome,
    names: leaf === undefined ? [] : namesOf(leaf),
    fitsHost: leaf !== undefined && isFor(leaf, host),
    chainBytes,
    certificates,
    alert,
  }))
  const kinds = new Set(
    seen.map(({ outcome, leaf }) => (leaf === undefined ? outcome : Buffer.from(leaf).toString('base64'))),
  )
  return [draft('server-names-compared', 'info', { host, rows, same: kinds.size === 1 })]
}

function namesOf(der: Uint8Array): string[] {
  try {
    return matchHost(decodeCertificate(der), 'invalid').names.slice(0, 3)
  } catch {
    return []
  }
}

function isFor(der: Uint8Array, host: string): boolean {
  try {
    return matchHost(decodeCertificate(der), host).matched
  } catch {
    return false
  }
}
