import type { Device } from '../device/device.ts'
import type { DeviceDifferences } from '../device/device-differences.ts'
import type { Difference, SentCertificate } from '../judge/differences.ts'
import { type Json, observationToJson } from '../observe/observation-json.ts'
import { partName, partValue } from './device-words.ts'
import type { ObservationsShown } from './diff-text.ts'
import { limitWords } from './diff-text.ts'
import { formatDifference } from './difference-words.ts'

type JsonObject = { readonly [key: string]: Json }

/** `tlsfit/diff@1` of two endpoints, captures or files. */
export function observationsDiffJson(diffed: ObservationsShown): JsonObject {
  return {
    schema: 'tlsfit/diff@1',
    kind: 'observations',
    a: diffed.a,
    b: diffed.b,
    pairs: diffed.pairs.map(({ a, b, differences, limits }) => ({
      a: sessionJson(a.connections[0]),
      b: sessionJson(b.connections[0]),
      differences: differences.map((one) => ({ ...differenceJson(one), words: formatDifference(one) })),
      limits: limits.map((crossed) => ({ ...crossed, words: limitWords(crossed) })),
    })),
    onlyA: diffed.onlyA.map(observationToJson),
    onlyB: diffed.onlyB.map(observationToJson),
  }
}

/** `tlsfit/diff@1` of two devices. */
export function devicesDiffJson(a: Device, b: Device, differences: DeviceDifferences): JsonObject {
  return {
    schema: 'tlsfit/diff@1',
    kind: 'devices',
    a: a.id,
    b: b.id,
    differences: differences.parts.map(({ a: one, b: other }) => ({
      group: one.group,
      name: one.key,
      title: partName(one),
      a: one.known === undefined ? null : partValue({ ...one, known: one.known }).value,
      b: other.known === undefined ? null : partValue({ ...other, known: other.known }).value,
      note: other.known?.note ?? one.known?.note ?? null,
      source: other.known?.source ?? one.known?.source ?? null,
    })),
    rootsHeld:
      differences.anchors === undefined
        ? null
        : { a: [...(differences.anchors.a?.value ?? [])], b: [...(differences.anchors.b?.value ?? [])] },
    quirks: {
      onlyA: differences.quirks.onlyA.map(({ value, source }) => ({ value, source })),
      onlyB: differences.quirks.onlyB.map(({ value, source }) => ({ value, source })),
    },
    updates: differences.updates.map(({ family, update }) => ({
      family,
      value: update.value,
      source: update.source,
    })),
  }
}

function sessionJson(
  connection: ObservationsShown['pairs'][number]['a']['connections'][number] | undefined,
): JsonObject {
  return {
    sni: connection?.hello?.sni ?? null,
    address: connection?.address ?? null,
    port: connection?.port ?? null,
  }
}

/** As it is, absent values as null and certificates by name, size and digest. */
function differenceJson(difference: Difference): JsonObject {
  return Object.fromEntries(Object.entries(difference).map(([key, value]) => [key, toJson(value)]))
}

function toJson(value: unknown): Json {
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object') return value as Json
  if ('certificate' in value) {
    const { certificate, crossSigned } = value as SentCertificate
    const { subject, issuer, der, sha256 } = certificate
    return { subject: subject.text, issuer: issuer.text, derBytes: der.length, sha256, crossSigned }
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toJson(one)]))
}
