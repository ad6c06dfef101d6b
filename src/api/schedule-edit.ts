import { type ScheduleDefaults, scheduleOf } from '../fleet/schedule-defaults.ts'
import type { Queries } from '../store/database.ts'
import { readScheduleDefaults, setSchedule } from '../store/rows/settings.ts'
import { hastenFollowers } from '../watch/schedule.ts'
import { ApiFailure } from './api-failure.ts'
import type { ScheduleEdit, ScheduleInfo } from './contract.ts'

const parts = ['everySeconds', 'thoroughSeconds'] as const

/** Stands in place of what was set before. Throws `ApiFailure` 409 where the file says otherwise. */
export async function editSchedule(queries: Queries, edit: ScheduleEdit, now: Date): Promise<void> {
  const { file } = await readScheduleDefaults(queries)
  for (const part of parts) {
    const wanted = edit[part] ?? file[part]
    if (file[part] === undefined || wanted === file[part]) continue
    const hint = 'change it there, or take it out there'
    throw new ApiFailure(409, 'of-file', 'this default stands in watch.yaml', { at: part, hint })
  }
  // What the file says is not kept twice: without the file's word it would come back.
  const partOf = (part: (typeof parts)[number]) =>
    file[part] === undefined ? (edit[part] ?? undefined) : undefined
  const set = { everySeconds: partOf('everySeconds'), thoroughSeconds: partOf('thoroughSeconds') }
  await setSchedule(queries, set)
  await hastenFollowers(queries, scheduleOf(file, set), now)
}

export function scheduleInfo({ file, set }: ScheduleDefaults): ScheduleInfo {
  const originOf = (part: (typeof parts)[number]) =>
    file[part] !== undefined ? 'file' : set[part] !== undefined ? 'api' : 'built-in'
  return {
    ...scheduleOf(file, set),
    everyOrigin: originOf('everySeconds'),
    thoroughOrigin: originOf('thoroughSeconds'),
  }
}
