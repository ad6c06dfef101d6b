const left: ReadonlySet<string> = new Set([
  'startedAt',
  'durationMs',
  'atMs',
  'establishedAtMs',
  // Written anew into each answer: ids of requests, tickets, versions of what is served.
  'errorText',
  'etag',
  'clientId',
  'handshakeBytesReceived',
  'headOffset',
  'bodyOffset',
  'applicationRecordsReceived',
  'applicationBytesReceived',
  'applicationRecordsSent',
])

/**
 * Text that is the same for two observations of which nobody would say that they differ: without times, without what a
 * server writes anew into each answer, and with its records by their largest. Takes an observation or its JSON, and says
 * the same of both. Written in one go: each round asks it of all that was seen.
 */
export function observationKey(observation: object): string {
  return objectText(observation)
}

function objectText(object: object): string {
  let text = '{'
  for (const [key, value] of Object.entries(object)) {
    if (left.has(key)) continue
    text += text === '{' ? `"${key}":` : `,"${key}":`
    text += Array.isArray(value) ? listText(key, value) : valueText(value)
  }
  return `${text}}`
}

function listText(key: string, list: readonly unknown[]): string {
  // In the order of the resolver, which turns from answer to answer.
  if (key === 'addresses') return JSON.stringify(list.map((one) => JSON.stringify(one)).sort())
  if (key === 'records') return String(largestOf(list as readonly RunOfRecords[]))
  if (key === 'tcp') return JSON.stringify((list as readonly Attempt[]).map(attemptText))
  let text = '['
  for (const value of list) {
    if (text !== '[') text += ','
    text += Array.isArray(value) ? listText('', value) : valueText(value)
  }
  return `${text}]`
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`
  return value instanceof Date ? `"${value.toISOString()}"` : objectText(value)
}

interface RunOfRecords {
  readonly plaintextBytes?: unknown
}

function largestOf(runs: readonly RunOfRecords[]): number {
  return Math.max(0, ...runs.map(({ plaintextBytes }) => Number(plaintextBytes)))
}

interface Attempt {
  readonly outcome?: unknown
  readonly purpose?: unknown
}

function attemptText({ outcome, purpose }: Attempt): string {
  return `${purpose} ${outcome}`
}
