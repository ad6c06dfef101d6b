import type { Details } from '../finding/details.ts'
import type { Stack } from '../stack/stack.ts'
import { MAX_PLAINTEXT_BYTES } from '../tls/record-reader.ts'
import { versions } from '../tls/versions.ts'
import { matchHost } from '../trust/name-match.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { compareWithDevice, exactly } from './limits.ts'
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
  scene: Scene,
  honoured: readonly number[],
): Pick<Details['fragment-length-honoured'], 'advice' | 'lengths' | 'messageBytes' | 'recordBytes'> {
  const { leg } = scene
  const messageBytes = leg.chain?.messageBytes ?? 0
  const handshake = leg.first?.chain?.largestRecordBytes ?? 0
  const data = leg.connections.flatMap(({ records }) => records.map((run) => run.plaintextBytes))
  const recordBytes = Math.max(handshake, ...data)
  const sizes = { messageBytes, recordBytes }
  const asksAlready = leg.first?.negotiated?.maxFragmentLength !== undefined
  const takes = (length: number) =>
    scene.stack === undefined
      ? takesPieces(scene, length, sizes)
      : stackTakes(scene, scene.stack.stack, length, sizes)
  const now = asksAlready ? leg.first!.negotiated!.maxFragmentLength! : MAX_PLAINTEXT_BYTES
  const good = honoured.filter(takes)
  if (takes(now)) {
    const bad = honoured.filter((length) => !takes(length))
    return bad.length > 0
      ? { advice: 'hurts', lengths: bad, ...sizes }
      : { advice: 'no-difference', lengths: [], ...sizes }
  }
  return { advice: good.length > 0 ? 'helps' : 'no-difference', lengths: good, ...sizes }
}

interface Sizes {
  readonly messageBytes: number
  readonly recordBytes: number
}

/** By the profile's limits, where the rules of the device's library are not known. */
function takesPieces({ device }: Scene, length: number, { messageBytes, recordBytes }: Sizes): boolean {
  if (messageBytes > length && device.handshakeFragments?.value === 'refused') return false
  const record = exactly(Math.min(recordBytes, length))
  const { outcome } = compareWithDevice(device, 'recordBytes', { record })
  return outcome !== 'over' && outcome !== 'open'
}

/** What the library would make of the answer to the extension, of the pieces, and of the records. */
function stackTakes(
  { device, leg }: Scene,
  stack: Stack,
  length: number,
  { messageBytes, recordBytes }: Sizes,
): boolean {
  const version = leg.first?.negotiated?.version ?? versions['TLSv1.2'].code
  const asked = length < MAX_PLAINTEXT_BYTES
  if (asked && stack.readNegotiated?.({ version, maxFragmentLength: length }, device) !== undefined)
    return false
  const pieces = { name: 'Certificate', messageBytes, records: Math.ceil(messageBytes / length) }
  const largestRecordBytes = Math.min(messageBytes, length)
  if (stack.readMessage({ ...pieces, largestRecordBytes, overheadBytes: 0 }, device) !== undefined)
    return false
  const plaintextBytes = Math.min(recordBytes, length)
  return stack.readRecord({ plaintextBytes, overheadBytes: 0, offset: 0 }, device) === undefined
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
