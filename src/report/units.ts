/** `5753` -> `5,753`. */
export function formatNumber(value: number): string {
  const [whole = '', fraction] = String(value).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** `5,753 bytes`; `1 byte`. */
export function formatBytes(value: number): string {
  return formatCount(value, 'byte')
}

/** `812 B`, `4.1 kB`, `5.6 MB`: where bytes are not counted one by one. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`
}

/** `3 certificates`; `plural` where an `s` does not do. */
export function formatCount(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(value)} ${value === 1 ? singular : plural}`
}

/** Day in UTC: `2026-11-11`. */
export function formatDay(date: Date): string {
  return Number.isNaN(date.getTime()) ? '(no date)' : date.toISOString().slice(0, 10)
}

/** `2026-11-11 08:30 UTC`. */
export function formatMinute(date: Date): string {
  return Number.isNaN(date.getTime())
    ? '(no date)'
    : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `408 ms`, `9.2 s`. */
export function formatDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** `a, b and c`; at most `max` of them, then `and 7 more`. */
export function formatList(items: readonly string[], max = 4, and = 'and'): string {
  if (items.length > max)
    return `${items.slice(0, max).join(', ')} ${and} ${formatNumber(items.length - max)} more`
  if (items.length <= 1) return items[0] ?? ''
  return `${items.slice(0, -1).join(', ')} ${and} ${items.at(-1)}`
}
