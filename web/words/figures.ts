/** Numbers and times as the page shows them; thousands stand apart by a comma, as in every sentence of a report. */
const narrowed = '\u00a0'

/** `5,753`, `−1,465`. */
export function formatNumber(value: number): string {
  const [whole = '', fraction] = String(Math.abs(value)).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return `${value < 0 ? '\u2212' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`
}

export function formatCount(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(value)}${narrowed}${value === 1 ? singular : plural}`
}

const unitsOf = { bytes: 'B', bits: 'bits', certificates: 'certificates', characters: 'characters' } as const
export type Unit = keyof typeof unitsOf

/** `312 B`. */
export function formatAmount(value: number, unit: Unit = 'bytes'): string {
  const name = unitsOf[unit]
  return `${formatNumber(value)}${narrowed}${Math.abs(value) === 1 && name.endsWith('s') ? name.slice(0, -1) : name}`
}

/** `312 B left`, `1,465 B over`. */
export function formatLeft(left: number, unit: Unit = 'bytes'): string {
  return left < 0 ? `${formatAmount(-left, unit)} over` : `${formatAmount(left, unit)} left`
}

/** Share as per cent, never rounded up to nothing left or down to none over. */
export function formatShare(share: number): string {
  const percent = share * 100
  const shown = Math.abs(percent) >= 10 ? Math.trunc(percent) : Math.trunc(percent * 10) / 10
  return `${formatNumber(shown)}%`
}

/** `2026-11-21 20:18`, in UTC; `–` for what is no date. */
export function formatMinute(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? '–' : date.toISOString().slice(0, 16).replace('T', narrowed)
}

export function formatDay(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? '–' : date.toISOString().slice(0, 10)
}

/** `3 min ago`, `in 2 d`; `now` within ten seconds. */
export function formatAway(iso: string, nowMs: number): string {
  const at = new Date(iso).getTime()
  if (Number.isNaN(at)) return '–'
  const seconds = Math.trunc((at - nowMs) / 1000)
  const size = Math.abs(seconds)
  if (size < 10) return 'now'
  const said = formatSpan(size)
  return seconds < 0 ? `${said} ago` : `in ${said}`
}

/** `40 s`, `3 min`, `2 h`, `12 d`. */
export function formatSpan(seconds: number): string {
  const [unit, name] = spans.find(([size]) => seconds >= size) ?? ([1, 's'] as const)
  return `${formatNumber(Math.trunc(seconds / unit))}${narrowed}${name}`
}

const spans = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const

/** `0.8 ms`, `45 ms`, `2.7 s`: from the beginning of the connection. */
export function formatTook(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)}${narrowed}s`
  return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)}${narrowed}ms`
}

/** `Trackers, Meters and 3 more`. */
export function formatNames(names: readonly string[], most: number): string {
  if (names.length <= most) return names.join(', ')
  return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`
}

/** `312 B`, `9.1 GB`: to read how large it is, not to reckon with. */
export function formatBytes(bytes: number): string {
  const [unit, name] = sizes.find(([size]) => bytes >= size) ?? ([1, 'B'] as const)
  const value = bytes / unit
  return `${unit === 1 || value >= 100 ? formatNumber(Math.round(value)) : value.toFixed(1)}${narrowed}${name}`
}

const sizes = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
] as const
