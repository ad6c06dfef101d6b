import type { Catalogue } from './catalogue.ts'
import type { Device, Sourced } from './device.ts'
import { type DevicePart, partsOf, sameFigures } from './device-parts.ts'

/** What two devices, or two versions of one, are known to differ in. */
export interface DeviceDifferences {
  /** Values that both or one of them have; undefined on a side: not known there. */
  readonly parts: readonly { readonly a: DevicePart; readonly b: DevicePart }[]
  readonly anchors: Sides<readonly string[]> | undefined
  readonly quirks: { readonly onlyA: readonly Sourced<string>[]; readonly onlyB: readonly Sourced<string>[] }
  /** What a change of version does by itself, of the families that both are made of in different versions. */
  readonly updates: readonly { readonly family: string; readonly update: Sourced<string> }[]
}

export interface Sides<T> {
  readonly a: Sourced<T> | undefined
  readonly b: Sourced<T> | undefined
}

export function compareDevices(a: Device, b: Device, catalogue: Catalogue): DeviceDifferences {
  const right = new Map(partsOf(b).map((part) => [`${part.group} ${part.key}`, part]))
  const left = new Map(partsOf(a).map((part) => [`${part.group} ${part.key}`, part]))
  const keys = new Set([...left.keys(), ...right.keys()])
  const parts = [...keys].flatMap((key) => {
    const some = left.get(key) ?? right.get(key)
    if (some === undefined) return []
    const unknown = { ...some, known: undefined }
    const [one, other] = [left.get(key) ?? unknown, right.get(key) ?? unknown]
    return sameFigures(one, other) ? [] : [{ a: one, b: other }]
  })
  const held = [a.anchorsHeld, b.anchorsHeld]
  const sameHeld = JSON.stringify(held[0]?.value) === JSON.stringify(held[1]?.value)
  return {
    parts,
    anchors: sameHeld ? undefined : { a: held[0], b: held[1] },
    quirks: { onlyA: onlyIn(a, b), onlyB: onlyIn(b, a) },
    updates: changedFamilies(a, b).flatMap((family) =>
      (catalogue.profile(family)?.updates ?? []).map((update) => ({ family, update })),
    ),
  }
}

function onlyIn({ quirks }: Device, other: Device): Sourced<string>[] {
  const known = new Set(other.quirks.map(({ value }) => value))
  return quirks.filter(({ value }) => !known.has(value))
}

function changedFamilies(a: Device, b: Device): string[] {
  return a.layers.flatMap(({ family, version }) => {
    const other = b.layers.find((layer) => layer.family === family)
    return other !== undefined && other.version !== version ? [family] : []
  })
}
