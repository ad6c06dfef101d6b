import type { Verdict } from '../judge/verdict.ts'
import { chainKey, groupBy } from './collapse.ts'
import { legsOf } from './reading.ts'
import { describeConnection } from './wire-reading.ts'
import { alikeViews, wireRows } from './wire-rows.ts'
import type { WireStory } from './wire-story.ts'

/** Connections told of one target; more come only of many devices that are answered differently. */
const storiesAtMost = 12

/** Connections of the verdicts of one target, each told once; where somebody stops before where nobody does. */
export function wireStories(
  verdicts: readonly Verdict[],
  nameOf: (verdict: Verdict) => string,
): { readonly stories: readonly WireStory[]; readonly hidden: number } {
  const all: WireStory[] = []
  for (const group of groupBy(verdicts, chainKey)) {
    for (const index of legsOf(group[0]!.observation).keys()) {
      for (const views of alikeViews(group, index)) {
        const rows = wireRows(views, nameOf)
        if (rows.length === 0) continue
        const who = [...new Set(views.flatMap((view) => view.verdicts.map(nameOf)))]
        all.push({ where: describeConnection(views[0]!.leg, {}), who, rows })
      }
    }
  }
  const stories = all.sort((a, b) => weight(a) - weight(b)).slice(0, storiesAtMost)
  return { stories, hidden: all.length - stories.length }
}

function weight({ rows }: WireStory): number {
  const stops = rows.flatMap((row) => (row.kind === 'stop' ? [row.certain ? 0 : 1] : []))
  return Math.min(2, ...stops)
}
