const secondsOf: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** `30s`, `15m`, `1h`, `7d`, `2w` in seconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6}(?:\.\d{1,3})?)\s*([smhdw])$/.exec(text.trim()) ?? []
  const seconds = Number(amount) * (secondsOf[unit ?? ''] ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds : undefined
}
