import type { Device } from '../../src/device/device.ts'
import { summarize } from '../../src/fleet/summarize.ts'
import { leadFinding } from '../../src/judge/lead-finding.ts'
import type { Verdict } from '../../src/judge/verdict.ts'
import { groupBy } from '../support/group-by.ts'

/** What devices were shown, and what the judge says to each of them. */
export interface Shown {
  readonly title: string
  /** What a reviewer needs beside it: sizes, clock, anchors. */
  readonly about: string
  readonly verdicts: readonly Verdict[]
}

/**
 * A block for each observation, a line for each verdict, tabs between: state (and where it leans), stage, what it rests
 * on, the nearest limit with what is left of it, devices. The verdict that most devices share has them as `all N others`.
 */
export function verdictTable(shown: readonly Shown[]): string {
  return `${shown.map(block).join('\n\n')}\n`
}

function block({ title, about, verdicts }: Shown): string {
  const groups = groupBy(verdicts, lineOf)
  const all = verdicts.map(({ device }) => device)
  const lines = [...groups].map(([line, same]) => ({ line, of: same.map(({ device }) => device) }))
  lines.sort((a, b) => b.of.length - a.of.length || (a.line < b.line ? -1 : 1))
  const rows = lines.map(({ line, of }, at) => {
    const devices = at === 0 && of.length > 5 ? `all ${of.length} others` : byFamily(of, all)
    return `${line}\t${devices}`
  })
  return [`# ${title}`, `# ${about}`, ...rows].join('\n')
}

function lineOf(verdict: Verdict): string {
  const { state, leans, stage, missing } = verdict
  const lead = leadFinding(verdict)?.id ?? (state === 'undecided' ? `needs ${missing[0]?.needs}` : '-')
  const nearest = summarize([verdict], () => '')?.nearest
  const room = nearest ? `${nearest.limit} ${nearest.counts} ${signed(nearest.left)}` : '-'
  return [leans ? `${state}, leans ${leans}` : state, stage ?? '-', lead, room].join('\t')
}

function signed(left: number): string {
  return left < 0 ? `${left}` : `+${left}`
}

/** `nrf9160@1.2.0|1.3.0`; a family alone with all its versions that the catalogue lists. */
function byFamily(of: readonly Device[], all: readonly Device[]): string {
  const families = groupBy(of, familyOf)
  return [...families]
    .map(([family, some]) => {
      const whole = all.filter((device) => familyOf(device) === family).length === some.length
      return whole ? family : `${family}@${some.map(rangeOf).join('|')}`
    })
    .join(' ')
}

function familyOf({ layers }: Device): string {
  return layers[0]?.family ?? ''
}

/** Without what it is built on: that is the default of the profile. */
function rangeOf({ layers }: Device): string {
  return layers[0]?.range ?? ''
}
