/** One value of a metric, as Prometheus's text format 0.0.4 writes it. */
export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

/** More is no gateway of ours: it counts a few dozen series a listener. */
const samplesAtMost = 20_000
const lineAtMost = 8_192

/**
 * Samples of a page of metrics, in order. What is no sample is left out: a comment, a line that is too long or broken, a
 * value that is no finite number.
 */
export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    if (samples.length >= samplesAtMost) break
    if (line === '' || line.startsWith('#') || line.length > lineAtMost) continue
    const sample = sampleOf(line)
    if (sample !== undefined) samples.push(sample)
  }
  return samples
}

const head = /^([A-Za-z_:][A-Za-z0-9_:]*)(\{)?/
const label = /^([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"\s*(,\s*)?/

function sampleOf(line: string): Sample | undefined {
  const named = head.exec(line)
  if (named === null) return undefined
  const [whole, name = '', brace] = named
  const labels = new Map<string, string>()
  let rest = line.slice(whole.length)
  if (brace !== undefined) {
    for (let found = label.exec(rest); found !== null; found = label.exec(rest)) {
      const [all, key = '', value = ''] = found
      labels.set(key, plainText(value))
      rest = rest.slice(all.length)
    }
    if (!rest.startsWith('}')) return undefined
    rest = rest.slice(1)
  }
  const [figure = ''] = rest.trim().split(/\s+/, 1)
  const value = figure === '' ? Number.NaN : Number(figure)
  return Number.isFinite(value) ? { name, labels, value } : undefined
}

function plainText(value: string): string {
  return value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
}
