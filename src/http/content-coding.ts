/**
 * Codings of a Content-Encoding field in the order they were applied, RFC 9110 §8.4: in lower case, `x-gzip` as `gzip`.
 * `identity`, which changes nothing, and empty items are left out.
 */
export function parseContentCodings(field: string): string[] {
  return items(field)
    .map(codingName)
    .filter((name) => name !== '' && name !== 'identity')
}

/** Whether the name is in IANA's HTTP Content Coding Registry, so that everybody means the same by it. */
export function isRegisteredCoding(coding: string): boolean {
  return registered.has(coding)
}

/** Whether an Accept-Encoding field takes a coding, RFC 9110 §12.5.3: named, or by `*`, with a weight above 0. */
export function acceptsCoding(field: string, coding: string): boolean {
  const weights = new Map(
    items(field).map((item) => {
      const [name = '', ...parameters] = item.split(';')
      return [codingName(name), isRefused(parameters) ? 'refused' : 'taken'] as const
    }),
  )
  return (weights.get(coding) ?? weights.get('*')) === 'taken'
}

/** What the name of a file says of its content, by the end of its path: `fw.bin.gz` is packed for whoever asks for it. */
export function codingOfName(path: string): string | undefined {
  const ending = packedEnding(path)
  return ending === undefined ? undefined : endings[ending.text.toLowerCase()]
}

/** Where in a path, with or without a query, the end of a packed file's name stands. */
export function packedEnding(path: string): { readonly at: number; readonly text: string } | undefined {
  const [file = ''] = path.split('?')
  const dot = file.lastIndexOf('.')
  const text = dot < 0 ? '' : file.slice(dot)
  return Object.hasOwn(endings, text.toLowerCase()) ? { at: dot, text } : undefined
}

const endings: { readonly [ending: string]: string } = {
  '.gz': 'gzip',
  '.tgz': 'gzip',
  '.br': 'br',
  '.zst': 'zstd',
  '.z': 'compress',
}

/** https://www.iana.org/assignments/http-parameters, HTTP Content Coding Registry, without `identity`. */
const registered: ReadonlySet<string> = new Set([
  'aes128gcm', // RFC 8188
  'br', // RFC 7932
  'compress', // RFC 9110 §8.4.1.1
  'dcb', // RFC 9842
  'dcz', // RFC 9842
  'deflate', // RFC 9110 §8.4.1.2
  'exi', // W3C, Efficient XML Interchange
  'gzip', // RFC 9110 §8.4.1.3
  'pack200-gzip', // JSR 200
  'zstd', // RFC 8878
])

function items(field: string): string[] {
  return field.split(',').map((item) => item.trim())
}

/** Case does not count; a recipient takes `x-gzip` and `x-compress` for the names without, RFC 9110 §8.4.1. */
function codingName(name: string): string {
  const lower = name.trim().toLowerCase()
  return lower === 'x-gzip' || lower === 'x-compress' ? lower.slice(2) : lower
}

/** A weight of 0, RFC 9110 §12.4.2. */
function isRefused(parameters: readonly string[]): boolean {
  return parameters.some((one) => /^\s*q\s*=\s*0(?:\.0{0,3})?\s*$/i.test(one))
}
