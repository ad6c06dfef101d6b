import type { Device } from '../device/device.ts'
import { partsOf } from '../device/device-parts.ts'
import type { LintProblem } from '../device/lint.ts'
import type { Json } from '../observe/observation-json.ts'
import { type AccountSection, accountOf } from './device/device-account.ts'
import { storyLimitText } from './device/field-stories.ts'
import { codedNames } from './device/hello-account.ts'
import type { FamilyRow } from './device-list.ts'

/** `tlsfit/devices@1`: what `devices list` knows. */
export function devicesJson(rows: readonly FamilyRow[]): Json {
  return {
    schema: 'tlsfit/devices@1',
    families: rows.map((row) => ({
      ...row,
      kind: row.kind ?? null,
      ranges: row.ranges.map((range) => ({ ...range, hello: range.hello ?? null })),
    })),
  }
}

/**
 * `tlsfit/device@1`: the merged device. What is unknown is `null`, and named in `unknown`; `measures` say how to learn
 * it. `sections` are the known values in words. `margins` are the limits of which the field tells something, `field` the
 * rows that do, an endpoint each.
 */
export function deviceJson(device: Device): Json {
  const { later: _later, asked: _asked, ...rest } = device
  const { hello, sections, field, measures } = accountOf(device)
  const coded = Object.entries(device.hello).flatMap(([key, part]) => {
    const names = typeof part === 'object' ? codedNames(key, part.value) : undefined
    return names === undefined ? [] : [[key, names] as const]
  })
  return {
    schema: 'tlsfit/device@1',
    device: plain(rest),
    unknown: partsOf(device)
      .filter(({ known }) => known === undefined)
      .map(({ group, key }) => `${group}.${key}`),
    sections: plain(sections.map(sectionInWords)),
    hello: plain({ ...hello, codes: Object.fromEntries(coded) }),
    margins: plain(
      sections.flatMap(({ values }) =>
        values.flatMap(({ part, margins }) => (margins === undefined ? [] : [{ part, ways: margins.ways }])),
      ),
    ),
    field: plain(field.map((story) => ({ ...story, words: story.limits.map(storyLimitText) }))),
    measures: plain(measures),
  }
}

/** The values alone: their codes and margins stand in parts of their own. */
function sectionInWords({ group, title, values }: AccountSection) {
  const inWords = values.map(({ part, name, value, more, note, confidence, source }) => ({
    ...{ part, name, value, more, note, confidence, source },
  }))
  return { group, title, values: inWords }
}

/** `tlsfit/lint@1`: every fault of a profile file. */
export function lintJson(file: string, problems: readonly LintProblem[]): Json {
  return { schema: 'tlsfit/lint@1', file, ok: problems.length === 0, problems: plain(problems) }
}

/** The same with `null` for what is undefined, so that a key is never missing. */
function plain(value: unknown): Json {
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
  }
  return value as Json
}
