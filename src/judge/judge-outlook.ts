import { type CalendarEntry, periodOf } from '../trust/calendar.ts'
import { chainAlone } from './changed-chain.ts'
import { concerns } from './concerns.ts'
import { judge } from './judge.ts'
import type { JudgeInput } from './judge-input.ts'
import type { Outlook } from './outlook.ts'
import { lifetimesOf, postQuantumOf } from './outlook-figures.ts'
import { outlookOf } from './outlook-of.ts'
import { replayEntry } from './replay-change.ts'
import type { Forecast, Replaying } from './replaying.ts'
import { openScenes, type Scene } from './scene.ts'
import type { Verdict } from './verdict.ts'

/**
 * The candidates, then the changes of the calendar that concern what was seen, soonest first and those without a date
 * last. Each change is replayed by itself, on the chain of today. Pure; today's verdict is read and not changed.
 */
export function judgeOutlook(input: JudgeInput, today: Verdict, forecast: Forecast): Outlook[] {
  const candidates = forecast.candidates.flatMap((candidate) => {
    const own = { ...input, observation: chainAlone(input.observation, candidate.certificates) }
    const verdict = judge(own)
    const [scene] = openScenes(own)
    const base = { kind: 'candidate', id: 'candidate', candidate: candidate.name, timing: 'now' } as const
    return [
      outlookOf(base, verdict, today, { before: input.observation, assumed: ['chain-alone'] }),
      ...changesOf(own, verdict, forecast, scene === undefined ? [] : [scene], candidate.name),
    ]
  })
  const scenes = openScenes(input)
  return [...candidates, ...changesOf(input, today, forecast, scenes, undefined), ...postQuantumOf(scenes[0])]
}

function changesOf(
  input: JudgeInput,
  today: Verdict,
  forecast: Forecast,
  scenes: readonly Scene[],
  candidate: string | undefined,
): Outlook[] {
  return scenes
    .filter(({ leg }) => leg.chain?.leaf !== undefined)
    .flatMap((scene) => {
      const entries = forecast.calendar.entries
        .map((change) => ({ change, ...timingOf(change, input.now) }))
        .filter(({ change }) => change.replay !== undefined && concerns(change.replay.when, scene))
      const lifetimes = lifetimesOf(scene, entries)
      const replaying: Replaying = { input, today, forecast, scene, scenes, candidate }
      const replayed = entries.flatMap((entry) => replayEntry(replaying, entry))
      return [...withoutEchoes(replayed), ...lifetimes].map((one) => ({ ...one, candidate })).sort(bySoonest)
    })
}

/** When an entry takes effect, seen from `now`. The last day of a period is still ahead. */
export function timingOf(
  { date }: CalendarEntry,
  now: Date,
): { readonly timing: 'ahead' | 'late' | 'undated'; readonly from: Date | undefined; readonly at: Date } {
  if (date === undefined) return { timing: 'undated', from: undefined, at: now }
  const { start, end } = periodOf(date)
  const at = start > now ? start : now
  const passed = date.length === 10 ? start <= now : end <= now
  return { timing: passed ? 'late' : 'ahead', from: start, at }
}

/** Where a late change says what is sent in place of the chain, that the old root has left the stores adds nothing. */
function withoutEchoes(outlooks: readonly Outlook[]): Outlook[] {
  const told = outlooks.some(({ kind, timing }) => kind === 'reissue' && timing === 'late')
  return outlooks.filter(
    ({ kind, timing }) => !(told && timing === 'late' && (kind === 'store' || kind === 'move')),
  )
}

function bySoonest(a: Outlook, b: Outlook): number {
  const at = ({ from }: Outlook) => from?.getTime() ?? Number.MAX_SAFE_INTEGER
  return at(a) - at(b)
}
