import { type DefaultPart, type DefaultPlaces, defaultParts, defaultsOf } from '../fleet/endpoint-defaults.ts'
import type { Queries } from '../store/database.ts'
import { readDefaultPlaces, setDefaults } from '../store/rows/settings.ts'
import { ApiFailure } from './api-failure.ts'
import type { DefaultsEdit, DefaultsInfo } from './contract.ts'

/** Stands in place of what was set before. Throws `ApiFailure` 409 where the file says otherwise. */
export async function editDefaults(queries: Queries, edit: DefaultsEdit): Promise<void> {
  const { file } = await readDefaultPlaces(queries)
  const other = defaultParts.find(
    (part) => file[part] !== undefined && !isSame(edit[part] ?? file[part], file[part]),
  )
  if (other !== undefined) {
    const hint = 'change it there, or take it out there'
    throw new ApiFailure(409, 'of-file', 'this default stands in watch.yaml', { at: other, hint })
  }
  // What the file says is not kept twice: without the file's word it would come back.
  const set = defaultParts.map((part) => [
    part,
    file[part] === undefined ? (edit[part] ?? undefined) : undefined,
  ])
  await setDefaults(queries, Object.fromEntries(set))
}

export function defaultsInfo({ file, set }: DefaultPlaces): DefaultsInfo {
  const originOf = (part: DefaultPart) =>
    file[part] !== undefined ? 'file' : set[part] !== undefined ? 'api' : 'built-in'
  const origins = Object.fromEntries(defaultParts.map((part) => [part, originOf(part)]))
  return { ...defaultsOf(file, set), origins: origins as DefaultsInfo['origins'] }
}

/** Numbers, or rooms of a percentage and bytes. */
function isSame(one: unknown, other: unknown): boolean {
  return keyOf(one) === keyOf(other)
}

function keyOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const { percent, bytes } = value as { percent?: number; bytes?: number }
  return `${percent} % ${bytes} B`
}
