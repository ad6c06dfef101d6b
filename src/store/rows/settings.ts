import type { ScheduleDefaults, ScheduleParts } from '../../fleet/schedule-defaults.ts'
import type { WatchConfig } from '../../fleet/watch-config.ts'
import { defaultThresholds, retentionOf } from '../../fleet/watch-parts.ts'
import type { Queries } from '../database.ts'

/** What is of the whole watch; every worker reads it from the store. */
export type WatchSettings = Pick<
  WatchConfig,
  'schedule' | 'thresholds' | 'retries' | 'maintenance' | 'retention' | 'vantages'
>

const watchSetting = 'watch'

/** Of a store that was never written to: what an empty file stands for. */
export const defaultSettings: WatchSettings = {
  thresholds: defaultThresholds,
  retries: { count: 2, afterSeconds: 20 },
  maintenance: [],
  retention: retentionOf({}),
  vantages: ['local'],
}

export async function readWatchSettings(queries: Queries): Promise<WatchSettings> {
  return { ...defaultSettings, ...(await readSetting<Partial<WatchSettings>>(queries, watchSetting)) }
}

export async function writeWatchSettings(queries: Queries, settings: WatchSettings): Promise<void> {
  const { schedule, thresholds, retries, maintenance, retention, vantages } = settings
  const value = { schedule, thresholds, retries, maintenance, retention, vantages }
  await writeSetting(queries, watchSetting, value)
}

const scheduleSetting = 'schedule'

export async function readScheduleDefaults(queries: Queries): Promise<ScheduleDefaults> {
  const rows = await queries.query<{ name: string; value: object }>(
    'select name, value from setting where name in ($1, $2)',
    [watchSetting, scheduleSetting],
  )
  const values = new Map(rows.map(({ name, value }) => [name, value]))
  const { schedule: file = {} }: Partial<WatchSettings> = values.get(watchSetting) ?? {}
  return { file, set: values.get(scheduleSetting) ?? {} }
}

/** What the file does not say. */
export function setSchedule(queries: Queries, schedule: ScheduleParts): Promise<void> {
  return writeSetting(queries, scheduleSetting, schedule)
}

export async function readSetting<Value>(queries: Queries, name: string): Promise<Value | undefined> {
  const [row] = await queries.query<{ value: Value }>('select value from setting where name = $1', [name])
  return row?.value
}

export async function writeSetting(queries: Queries, name: string, value: object): Promise<void> {
  await queries.query(
    'insert into setting values ($1, $2::jsonb) on conflict (name) do update set value = excluded.value',
    [name, JSON.stringify(value)],
  )
}
