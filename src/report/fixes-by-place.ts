import type { FindingId } from '../finding/details.ts'
import type { Finding } from '../finding/finding.ts'
import type { FixId } from '../finding/fix.ts'
import { type Place, places } from '../finding/place.ts'
import { leadFinding } from '../judge/lead-finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { EscapeOptions } from './escape.ts'
import { type FixOfFinding, formatFix } from './fixes.ts'
import { certificateName } from './reading.ts'

/** What can be done at one place, best first. */
export interface PlaceGroup {
  readonly place: Place
  /** Who does it, in a few words. */
  readonly title: string
  /** Whether it is among the places that the reader named; true for all where none was named. */
  readonly can: boolean
  readonly cures: readonly PlacedCure[]
  /** What has to be known besides, such as that nothing on the device helps. Whole sentences. */
  readonly note: string | undefined
}

/** One cure as it is done at one place. */
export interface PlacedCure {
  readonly id: FixId
  readonly title: string
  /** Lines to copy at this place. */
  readonly commands: readonly string[]
  /** What was found, as `sentence` tells it. */
  readonly seen: string
  /** Only at `their-server`: the message to its owner. */
  readonly sentence: string | undefined
  /** Only at `field`: how it gets to the devices; `title` ends with it. */
  readonly way: string | undefined
  /** The findings that it cures. */
  readonly cures: readonly FindingId[]
}

export interface PlaceOptions extends EscapeOptions {
  /** Places where the reader can act: those groups come first. The others follow, none is left out. */
  readonly can?: readonly Place[] | undefined
}

/**
 * The cures of everything that blocks or risks in a verdict (and of what an undecided verdict rests on), by the place
 * where each is done. All text is escaped; the lines are not yet wrapped. Empty where there is nothing to cure.
 */
export function fixesByPlace(verdict: Verdict, options: PlaceOptions = {}): readonly PlaceGroup[] {
  const { device, observation } = verdict
  const { can, ...escapes } = options
  const certificateFor = certificateName(observation)
  const cures = findingsToCure(verdict).flatMap((finding) =>
    finding.fixes.map((one) => ({
      finding,
      fix: formatFix(one, finding, device, observation.target, { ...escapes, certificateFor }),
    })),
  )
  if (cures.length === 0) return []
  return orderOf(can ?? []).flatMap((place): PlaceGroup[] => {
    const at = merge(cures.filter(({ fix }) => fix.places.includes(place)).map((one) => placed(place, one)))
    const note =
      place === 'field' ? fieldNote(cures.filter(({ finding }) => finding === cures[0]?.finding)) : undefined
    if (at.length === 0 && note === undefined) return []
    const named = can === undefined || can.length === 0 || can.includes(place)
    return [{ place, title: placeTitles[place], can: named, cures: at, note }]
  })
}

/** The same cures, those first that can be done at one of the places; otherwise in their order. */
export function rankFixes<T extends { readonly places: readonly Place[] }>(
  fixes: readonly T[],
  can: readonly Place[] | undefined,
): readonly T[] {
  if (can === undefined || can.length === 0) return fixes
  const doable = (fix: T) => fix.places.some((place) => can.includes(place))
  return [...fixes.filter(doable), ...fixes.filter((fix) => !doable(fix))]
}

/** Who acts at each place. */
export const placeTitles: { readonly [P in Place]: string } = {
  'own-server': 'on a server of yours',
  'their-server': 'by the owner of the endpoint',
  firmware: 'in firmware not yet shipped',
  field: 'for devices in the field',
}

/** What stands in the way, the finding of the headline first. */
function findingsToCure(verdict: Verdict): readonly Finding[] {
  const lead = leadFinding(verdict)
  const others = verdict.findings.filter(
    (finding) => finding !== lead && (finding.effect === 'blocks' || finding.effect === 'risks'),
  )
  return lead === undefined ? others : [lead, ...others]
}

function orderOf(can: readonly Place[]): readonly Place[] {
  return [...places.filter((place) => can.includes(place)), ...places.filter((place) => !can.includes(place))]
}

interface Cure {
  readonly finding: Finding
  readonly fix: FixOfFinding
}

function placed(place: Place, { finding, fix }: Cure): PlacedCure {
  const base = { id: fix.id, title: fix.title, seen: fix.seen, way: undefined, cures: [finding.id] }
  if (place === 'their-server') return { ...base, commands: [], sentence: fix.sentence }
  if (place === 'field') {
    const { way, commands } = fix.field!
    return { ...base, title: `${fix.title}: ${way}`, way, commands, sentence: undefined }
  }
  return { ...base, commands: fix.commands, sentence: undefined }
}

/** A cure that two findings share stands once, and one front cures them all. Messages to the owner differ by what they tell, so each stays, but for the same finding about another certificate. */
function merge(all: readonly PlacedCure[]): readonly PlacedCure[] {
  const rows: PlacedCure[] = []
  for (const one of all) {
    const at = rows.findIndex(
      (row) =>
        row.id === one.id &&
        (row.title === one.title || row.id === 'front-small-chain') &&
        (row.sentence === one.sentence || (row.sentence !== undefined && row.cures[0] === one.cures[0])),
    )
    const same = rows[at]
    if (same === undefined) rows.push(one)
    else rows[at] = { ...together(same, one), cures: [...new Set([...same.cures, ...one.cures])] }
  }
  return rows
}

/** One message that tells both: the same is asked for two certificates. */
function together(row: PlacedCure, one: PlacedCure): PlacedCure {
  if (row.sentence === undefined || row.sentence === one.sentence) return row
  const seen = `${row.seen} ${one.seen}`
  return { ...row, seen, sentence: row.sentence.replace(row.seen, () => seen) }
}

/** What the reader of a fleet has to know of the first finding: whether anything reaches the devices, and how. */
function fieldNote(cures: readonly Cure[]): string {
  const fixes = cures.map(({ fix }) => fix)
  const front = fixes.some(({ id }) => id === 'front-small-chain')
  const server = fixes.some(
    ({ id, places: at }) =>
      id !== 'front-small-chain' && (at.includes('own-server') || at.includes('their-server')),
  )
  const onDevice = fixes.some(({ places: at }) => at.includes('firmware') && at.includes('field'))
  const ownCa = fixes.some(({ field }) => field?.ownCa === true)
  if (ownCa)
    return 'No chain of a public CA fits: what a server or a front sends them has to come from a CA of your own, whose root they hold.'
  if (server && !onDevice)
    return 'Nothing at the device: it must be the server. Its change reaches every device at once.'
  if (server) return 'What the server changes reaches every device at once, without an update.'
  if (front)
    return onDevice ? 'Without an update only a front helps.' : 'Nothing at the device: it must be a front.'
  return onDevice
    ? 'No cure at a server is known: it takes an update, over a path that still works.'
    : 'No cure is known that reaches them: neither at a server nor by an update.'
}
