/** A file or a command with its output, as a page of docs/ shows it. */
export type PageStep =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | {
      readonly kind: 'command'
      readonly line: number
      readonly command: string
      readonly output: readonly string[]
    }

/**
 * Steps of a page in order. A fenced block whose language has a name behind it, as in ```yaml [gateway.yaml], is that
 * file; in a block of ```console each line that begins with `$ ` is a command, up to a line that does not end with `\`,
 * and what follows is what it prints.
 */
export function pageSteps(markdown: string): PageStep[] {
  const steps: PageStep[] = []
  for (const { info, text, line } of fences(markdown)) {
    const name = /\[(?<name>[\w./-]+)\]/.exec(info)?.groups?.name
    if (name !== undefined) steps.push({ kind: 'file', name, text: `${text}\n` })
    else if (info.trim() === 'console') steps.push(...commands(text, line + 1))
  }
  return steps
}

function fences(markdown: string): { info: string; text: string; line: number }[] {
  const found: { info: string; text: string; line: number }[] = []
  const lines = markdown.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const open = /^```(?!`)(?<info>.*)$/.exec(lines[at] ?? '')
    if (open === null) continue
    const end = lines.indexOf('```', at + 1)
    if (end < 0) throw new Error(`line ${at + 1}: a fence is not closed`)
    found.push({ info: open.groups?.info ?? '', text: lines.slice(at + 1, end).join('\n'), line: at + 1 })
    at = end
  }
  return found
}

function commands(block: string, firstLine: number): PageStep[] {
  const steps: { kind: 'command'; line: number; command: string; output: string[] }[] = []
  let open = false
  for (const [index, line] of block.split('\n').entries()) {
    const last = steps.at(-1)
    if (open && last !== undefined) {
      last.command += `\n${line}`
      open = line.endsWith('\\')
    } else if (line.startsWith('$ ')) {
      steps.push({ kind: 'command', line: firstLine + index, command: line.slice(2), output: [] })
      open = line.endsWith('\\')
    } else if (last === undefined) {
      throw new Error(`line ${firstLine + index}: output without a command before it`)
    } else last.output.push(line)
  }
  return steps
}

/**
 * Where what was printed is not what the page shows, the lines of the page that are not met; undefined where it is. A line
 * of the page that is `…` alone stands for any lines, an `…` in a line for any text. What differs from run to run is not
 * compared: columns, bars, fingerprints, times and days, and in a large number the few bytes by which an ECDSA signature
 * is shorter or longer.
 */
export function missed(shown: readonly string[], printed: string): string[] | undefined {
  const actual = printed.trimEnd().split('\n').map(plain)
  const pieces = splitAtGaps(shown)
  let from = 0
  for (const [index, piece] of pieces.entries()) {
    const places = actual.length - piece.length
    const first = index === 0 ? 0 : index === pieces.length - 1 ? Math.max(places, from) : from
    const last = index === 0 ? 0 : places
    let at = first
    while (at <= last && !piece.every((line, offset) => sameLine(line, actual[at + offset] ?? ''))) at++
    if (at > last) return [...piece]
    from = at + piece.length
  }
  if (pieces.length === 1 && from !== actual.length)
    return actual.slice(from).map((line) => `not shown: ${line}`)
  return undefined
}

/** The pieces between gaps; a gap at the start or end leaves an empty piece there. */
function splitAtGaps(shown: readonly string[]): string[][] {
  const lines = shown.join('\n').trimEnd().split('\n').map(plain)
  const pieces: string[][] = [[]]
  for (const line of lines) {
    if (line === '…') pieces.push([])
    else pieces.at(-1)?.push(line)
  }
  return pieces
}

function plain(line: string): string {
  return line
    .replace(/[█▏▎▍▌▋▊▉│┊◄░×]+/g, ' ')
    .replace(/\b[0-9a-f]{8}\b/g, 'FINGERPR')
    .replace(/\b(?:[0-9A-F]{2}:){3,}[0-9A-F]{2}\b/g, 'FINGERPRINT')
    .replace(/\b\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?/g, 'DAY')
    .replace(/\b[\d.]+ (?:ms|s)\b/g, 'TIME')
    .replace(/\s+/g, ' ')
    .trim()
}

function sameLine(shown: string, actual: string): boolean {
  if (shown === actual) return true
  const numbers = shown.match(number) ?? []
  const pattern = shown.split('…').map((part) => part.split(number).map(escaped).join('(\\d[\\d,]*)'))
  const found = new RegExp(`^${pattern.join('.*')}$`).exec(actual)?.slice(1)
  return found?.every((text, index) => alike(numbers[index] ?? '', text)) ?? false
}

const number = /\d[\d,]*/g

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function alike(shown: string, actual: string): boolean {
  if (shown === actual) return true
  const [a = 0, b = 0] = [shown, actual].map((text) => Number(text.replaceAll(',', '')))
  return Math.min(a, b) >= 256 && Math.abs(a - b) <= signatureBytes
}

/** Three signatures on P-256 in a chain, each of 70 to 72 bytes. */
const signatureBytes = 8
