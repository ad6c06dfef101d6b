/** One layer of a device id as typed: `nrf9160`, `nrf9160@1.3.4`, `./my.yaml`. */
export interface AskedLayer {
  /** Family in lower case, or the path of a profile file. */
  readonly family: string
  readonly isPath: boolean
  readonly version: string | undefined
}

export type DeviceIdErrorCode =
  | 'bad-syntax'
  | 'unknown-family'
  | 'unknown-version'
  | 'ambiguous-version'
  | 'bad-combination'
  | 'profile-missing'

/** A device id that names no device. A caller's mistake: match on `code`. */
export class DeviceIdError extends Error {
  override readonly name = 'DeviceIdError'
  readonly code: DeviceIdErrorCode
  readonly asked: string
  /** At most three ids that may have been meant, nearest first. */
  readonly nearest: readonly string[]
  readonly hint: string

  constructor(
    code: DeviceIdErrorCode,
    asked: string,
    message: string,
    nearest: readonly string[],
    hint: string,
  ) {
    super(message)
    this.code = code
    this.asked = asked
    this.nearest = nearest
    this.hint = hint
  }
}

const idLengthLimit = 512
const familyPattern = /^[a-z0-9][a-z0-9_.-]{0,63}$/
const syntaxHint =
  'layers are joined by + and carry versions after @, lowest first: nrf9160@1.3.4+ncs@2.4.2; a path such as ./my.yaml names a profile file'

/** Layers in the order typed. Throws `DeviceIdError` (`bad-syntax`). */
export function parseDeviceId(asked: string): readonly AskedLayer[] {
  if (asked.length > idLengthLimit) {
    throw new DeviceIdError(
      'bad-syntax',
      asked.slice(0, 80),
      `device id of ${asked.length} characters`,
      [],
      syntaxHint,
    )
  }
  return asked.split('+').map((part) => parseLayer(part.trim(), asked))
}

/** Paths of the profile files that an id names, for the reader of files; empty for a bad id. */
export function profilePaths(asked: string): readonly string[] {
  try {
    return parseDeviceId(asked)
      .filter((layer) => layer.isPath)
      .map((layer) => layer.family)
  } catch (error) {
    if (error instanceof DeviceIdError) return []
    throw error
  }
}

/** The `count` candidates nearest to what was typed, by edit distance; ties in the order given. */
export function nearestIds(typed: string, candidates: Iterable<string>, count = 3): readonly string[] {
  const wanted = typed.toLowerCase().slice(0, 64)
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distanceTo(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ candidate }) => candidate)
}

function parseLayer(part: string, asked: string): AskedLayer {
  const isPath = /^(\.{0,2}\/|[A-Za-z]:[\\/])/.test(part) || /\.ya?ml(@[^/@]*)?$/i.test(part)
  const at = isPath ? part.search(/@[^/@]*$/) : part.indexOf('@')
  const name = at < 0 ? part : part.slice(0, at)
  const version = at < 0 ? undefined : part.slice(at + 1).trim()
  const family = isPath ? name : name.trim().toLowerCase()
  if (family === '' || (!isPath && !familyPattern.test(family)) || version === '') {
    throw new DeviceIdError(
      'bad-syntax',
      asked,
      `"${printable(part)}" is no layer of a device id`,
      [],
      syntaxHint,
    )
  }
  return { family, isPath, version }
}

/** At most 80 characters of what was typed, fit for a message: ASCII only, anything else as `?`. */
export function printable(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')
}

/** A candidate that begins with what was typed is nearer than one that merely resembles it. */
function distanceTo(wanted: string, candidate: string): number {
  const distance = editDistance(wanted, candidate.slice(0, 64))
  return candidate.startsWith(wanted) ? distance / 4 : distance
}

/** Levenshtein distance, two rows at a time. */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitute = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(substitute, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    above = current
  }
  return above[b.length] ?? a.length
}
