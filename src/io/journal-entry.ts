import type { Observation } from '../observe/observation.ts'
import { type Json, observationFromJson, observationToJson } from '../observe/observation-json.ts'
import type { Seen } from './check.ts'

/** Text this long, such as a certificate, is written once a line; each hello saw the same ones. */
const SHARED_CHARACTERS = 120

/** One line: what was seen of one target, each plan once. `key` comes first, to be found without reading the rest. */
export function encodeEntry(key: string, target: string, seen: readonly Seen[]): string {
  const shared = new Map<string, number>()
  const plans = new Map(seen.map(({ plan = '', observations }) => [plan, observations]))
  const entries = [...plans].map(([plan, observations]) => ({
    plan,
    observations: observations.map((one) => withoutShared(observationToJson(one), shared)),
  }))
  return `${JSON.stringify({ key, target, plans: entries, shared: [...shared.keys()] })}\n`
}

/** Undefined for a line that is not whole or not ours: then the target is looked at again. */
export function decodeEntry(line: string): ReadonlyMap<string, readonly Observation[]> | undefined {
  try {
    const { plans, shared } = JSON.parse(line) as {
      readonly plans: readonly { readonly plan: string; readonly observations: readonly Json[] }[]
      readonly shared: readonly string[]
    }
    return new Map(
      plans.map(({ plan, observations }) => [
        plan,
        observations.map((one) => observationFromJson(withShared(one, shared))),
      ]),
    )
  } catch {
    return undefined
  }
}

function withoutShared(value: Json, shared: Map<string, number>): Json {
  if (typeof value === 'string') {
    if (value.length < SHARED_CHARACTERS) return value
    const at = shared.get(value) ?? shared.size
    shared.set(value, at)
    return { shared: at }
  }
  return mapped(value, (item) => withoutShared(item, shared))
}

function withShared(value: Json, shared: readonly string[]): Json {
  if (typeof value === 'object' && value !== null && 'shared' in value) {
    return shared[value.shared as number] ?? null
  }
  return mapped(value, (item) => withShared(item, shared))
}

function mapped(value: Json, map: (item: Json) => Json): Json {
  if (Array.isArray(value)) return value.map(map)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item as Json)]))
}
