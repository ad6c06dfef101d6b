import type { Confidence, Device, DeviceLayer, ErrorWords, Sourced } from '../../device/device.ts'
import { type DevicePart, isLimit, type PartGroup, partsOf } from '../../device/device-parts.ts'
import { groupNames, partName, partValue } from '../device-words.ts'
import { type FieldStory, fieldStories } from './field-stories.ts'
import { type CodedName, codedNames, type HelloAccount, helloAccount } from './hello-account.ts'
import { type Margins, marginsOf } from './margins.ts'
import { type Measure, measuresOf } from './measures.ts'

/** All that a page about one device tells, in the order in which it is told; the formats only lay it out. */
export interface DeviceAccount {
  readonly id: string
  readonly name: string
  readonly layers: readonly DeviceLayer[]
  /** Values known, of those that there are. */
  readonly known: number
  readonly total: number
  readonly hello: HelloAccount
  /** Groups of which something is known: limits first, for they decide most often. */
  readonly sections: readonly AccountSection[]
  readonly field: readonly FieldStory[]
  readonly errors: readonly ErrorWords[]
  readonly quirks: readonly AccountValue[]
  readonly measures: readonly Measure[]
}

export interface AccountSection {
  readonly group: PartGroup | 'more'
  readonly title: string
  readonly values: readonly AccountValue[]
}

export interface AccountValue {
  /** `limits.chainBytes`. */
  readonly part: string
  /** Empty for a quirk. */
  readonly name: string
  readonly value: string
  /** A list of registry names, in the order offered. */
  readonly coded: readonly CodedName[] | undefined
  readonly more: readonly string[]
  readonly margins: Margins | undefined
  readonly note: string | undefined
  readonly confidence: Confidence
  readonly source: string
}

export function accountOf(device: Device): DeviceAccount {
  const parts = partsOf(device)
  const known = parts.filter((part) => part.known !== undefined)
  const sections = order.map((group): AccountSection => {
    const own = known.filter((part) => part.group === group)
    return { group, title: groupNames[group], values: own.flatMap(accountValue) }
  })
  const { handshakeFragments, anchorsHeld } = device
  const more = [
    ...(handshakeFragments === undefined
      ? []
      : [plain('handshake fragments', handshakeFragments.value, handshakeFragments, 'handshakeFragments')]),
    ...(anchorsHeld === undefined
      ? []
      : [plain('roots held', anchorsHeld.value.join(', '), anchorsHeld, 'anchorsHeld')]),
  ]
  return {
    id: device.id,
    name: device.name,
    layers: device.layers,
    known: known.length,
    total: parts.length,
    hello: helloAccount(device),
    sections: [...sections, { group: 'more' as const, title: 'more', values: more }].filter(
      ({ group, values }) => values.length > 0 || group === 'hello',
    ),
    field: fieldStories(device),
    errors: device.errors,
    quirks: device.quirks.map((quirk) => plain('', quirk.value, quirk, 'quirks')),
    measures: measuresOf(device),
  }
}

const order: readonly PartGroup[] = ['limits', 'hello', 'verification', 'trust', 'build', 'http', 'mqtt']

/** How well a value is known, as a colour: seen or read in code, written down by somebody, or only concluded. */
export function confidenceStyle(confidence: Confidence): 'good' | 'warn' | 'none' {
  if (confidence === 'measured' || confidence === 'source-code') return 'good'
  return confidence === 'documented' ? 'none' : 'warn'
}

/** Every source that the page cites, each once, in the order in which it is met. */
export function sourcesOf(account: DeviceAccount): readonly string[] {
  const values = account.sections.flatMap((section) => section.values)
  return [
    ...new Set(
      [...values, ...account.field, ...account.errors, ...account.quirks].map((each) => each.source),
    ),
  ]
}

function accountValue(part: DevicePart): AccountValue[] {
  const { known, group, key } = part
  if (known === undefined) return []
  const { value, more } = partValue({ ...part, known })
  return [
    {
      part: `${group}.${key}`,
      name: partName(part),
      value,
      coded: isLimit(known) ? undefined : codedNames(key, known.value),
      more,
      margins: isLimit(known) ? marginsOf(key, known) : undefined,
      note: known.note,
      confidence: known.confidence,
      source: known.source,
    },
  ]
}

function plain(
  name: string,
  value: string,
  from: Omit<Sourced<unknown>, 'value'>,
  part: string,
): AccountValue {
  const { note, confidence, source } = from
  return { part, name, value, coded: undefined, more: [], margins: undefined, note, confidence, source }
}
