/** What a URL or an Authorization header says of an Azure SAS; never its signature. */
export interface Sas {
  readonly place: 'query' | 'authorization-header'
  /** Names of its parameters, as sent. */
  readonly parameters: readonly string[]
  /** `st` and `se`; undefined when absent or no date. */
  readonly startsAt: Date | undefined
  readonly expiresAt: Date | undefined
  /** The signature holds `%25`, or is not decodable: it was percent-encoded twice, or broken. */
  readonly doublyEncoded: boolean
}

/**
 * The SAS in the query of `path`, or else in an Authorization header (where it does not belong: Azure Storage
 * takes it in the URL only). undefined where neither holds a signature `sig` beside a SAS parameter.
 */
export function readSas(path: string, authorization: string | undefined): Sas | undefined {
  const mark = path.indexOf('?')
  const inQuery = mark < 0 ? undefined : sasOf('query', path.slice(mark + 1))
  if (inQuery) return inQuery
  if (authorization === undefined) return undefined
  const value = authorization.replace(/^\s*[A-Za-z]+\s+/, '').replace(/^\?/, '')
  return sasOf('authorization-header', value.trim())
}

/** Parameters that stand beside `sig`: of a storage SAS, and of an IoT Hub or Service Bus token. */
const companions = new Set('sv se sr sp ss srt spr st skn si'.split(' '))
const MAX_PARAMETERS = 64

function sasOf(place: Sas['place'], query: string): Sas | undefined {
  const pairs = query
    .split('&')
    .slice(0, MAX_PARAMETERS)
    .map((pair): [string, string] => {
      const equals = pair.indexOf('=')
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
    })
  const value = (name: string) => pairs.find(([given]) => given.toLowerCase() === name)?.[1]
  const signature = value('sig')
  if (signature === undefined || !pairs.some(([name]) => companions.has(name.toLowerCase()))) return undefined
  return {
    place,
    parameters: pairs.map(([name]) => name),
    startsAt: parseDate(value('st')),
    expiresAt: parseDate(value('se')),
    doublyEncoded: /%25/.test(signature) || decode(signature) === undefined,
  }
}

/** ISO 8601 with or without a time (Azure Storage), or seconds since 1970 (IoT Hub, Service Bus). */
function parseDate(value: string | undefined): Date | undefined {
  if (value === undefined) return undefined
  const text = decode(value) ?? ''
  if (/^\d{1,12}$/.test(text)) return validDate(Number(text) * 1000)
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?$/.test(text)) return undefined
  return validDate(Date.parse(text.includes('T') && !text.endsWith('Z') ? `${text}Z` : text))
}

function validDate(ms: number): Date | undefined {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
