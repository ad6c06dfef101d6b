import {
  type DefaultParts,
  type DefaultPlaces,
  defaultsOf,
  type EndpointDefaults,
  partsOfFile,
  thresholdsOf,
} from '../../fleet/endpoint-defaults.ts'
import {
  type Schedule,
  type ScheduleDefaults,
  type ScheduleParts,
  scheduleOf,
} from '../../fleet/schedule-defaults.ts'
import type { Retries, Thresholds, WatchConfig } from '../../fleet/watch-config.ts'
import { retentionOf } from '../../fleet/watch-parts.ts'
import type { Queries } from '../database.ts'

/** What the file says of the whole watch; every worker reads it from the store. */
export type FileSettings = Pick<
  WatchConfig,
  'schedule' | 'timeoutSeconds' | 'thresholds' | 'retries' | 'maintenance' | 'retention' | 'vantages'
>

/** What holds of the whole watch. */
export interface WatchSettings
  extends Pick<WatchConfig, 'schedule' | 'maintenance' | 'retention' | 'vantages'> {
  readonly thresholds: Thresholds
  readonly retries: Retries
}

const watchSetting = 'watch'

/** Of a store that was never written to: what an empty file stands for. */
const emptySettings: FileSettings = {
  thresholds: {},
  retries: {},
  maintenance: [],
  retention: retentionOf({}),
  vantages: ['local'],
}

export async function readFileSettings(queries: Queries): Promise<FileSettings> {
  return { ...emptySettings, ...(await readSetting<Partial<FileSettings>>(queries, watchSetting)) }
}

export async function readWatchSettings(queries: Queries): Promise<WatchSettings> {
  const values = await readSettings(queries, [watchSetting, defaultsSetting])
  const file: FileSettings = { ...emptySettings, ...values.get(watchSetting) }
  const { schedule, maintenance, retention, vantages } = file
  const defaults = defaultsOf(partsOfFile(file), values.get(defaultsSetting) ?? {})
  const retries = { count: defaults.retryCount, afterSeconds: defaults.retryAfterSeconds }
  return { schedule, maintenance, retention, vantages, retries, thresholds: thresholdsOf(defaults) }
}

export async function writeWatchSettings(queries: Queries, settings: FileSettings): Promise<void> {
  const { schedule, timeoutSeconds, thresholds, retries, maintenance, retention, vantages } = settings
  const value = { schedule, timeoutSeconds, thresholds, retries, maintenance, retention, vantages }
  await writeSetting(queries, watchSetting, value)
}

const defaultsSetting = 'defaults'

export async function readDefaultPlaces(queries: Queries): Promise<DefaultPlaces> {
  const values = await readSettings(queries, [watchSetting, defaultsSetting])
  return { file: partsOfFile(values.get(watchSetting) ?? {}), set: values.get(defaultsSetting) ?? {} }
}

/** Of endpoints that say nothing themselves. */
export async function readDefaults(queries: Queries): Promise<EndpointDefaults> {
  const { file, set } = await readDefaultPlaces(queries)
  return defaultsOf(file, set)
}

/** What the file does not say. */
export function setDefaults(queries: Queries, defaults: DefaultParts): Promise<void> {
  return writeSetting(queries, defaultsSetting, defaults)
}

const scheduleSetting = 'schedule'

export async function readScheduleDefaults(queries: Queries): Promise<ScheduleDefaults> {
  const values = await readSettings(queries, [watchSetting, scheduleSetting])
  const { schedule: file = {} }: Partial<FileSettings> = values.get(watchSetting) ?? {}
  return { file, set: values.get(scheduleSetting) ?? {} }
}

/** What the file does not say. */
export function setSchedule(queries: Queries, schedule: ScheduleParts): Promise<void> {
  return writeSetting(queries, scheduleSetting, schedule)
}

async function readSettings(
  queries: Queries,
  names: readonly string[],
): Promise<ReadonlyMap<string, object>> {
  const rows = await queries.query<{ name: string; value: object }>(
    'select name, value from setting where name = any($1::text[])',
    [names],
  )
  return new Map(rows.map(({ name, value }) => [name, value]))
}

/** Both, by one question: for whoever reads endpoints. */
export async function readAllDefaults(
  queries: Queries,
): Promise<{ readonly schedule: Schedule; readonly defaults: EndpointDefaults }> {
  const values = await readSettings(queries, [watchSetting, scheduleSetting, defaultsSetting])
  const file: Partial<FileSettings> = values.get(watchSetting) ?? {}
  return {
    schedule: scheduleOf(file.schedule ?? {}, values.get(scheduleSetting) ?? {}),
    defaults: defaultsOf(partsOfFile(file), values.get(defaultsSetting) ?? {}),
  }
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
