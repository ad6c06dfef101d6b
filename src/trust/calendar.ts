/** A dated change of public TLS, of `endpoints/forecasts/`. */
export interface CalendarEntry {
  readonly id: string
  /** As the calendar has it: `2027-03-15`, `2027-02`, `2026-Q4` or `2027`; undefined where there is none. */
  readonly date: string | undefined
  readonly dateKind: DateKind
  /** In a few words; there is one for all that is replayed. */
  readonly title: string | undefined
  /** Who changes it. */
  readonly owner: string
  /** What it reaches, in words. */
  readonly services: readonly string[]
  /** What changes, in words. */
  readonly change: string
  readonly chainBefore: readonly CalendarLink[] | undefined
  readonly chainAfter: readonly CalendarLink[] | undefined
  /** Common names of what can anchor the chain. */
  readonly rootsBefore: readonly string[] | undefined
  readonly rootsAfter: readonly string[] | undefined
  readonly versions: { readonly before: readonly string[]; readonly after: readonly string[] } | undefined
  readonly affects: readonly string[]
  /** `announced` by the owner, `done`, or `reported` from the field without a notice. */
  readonly status: 'announced' | 'done' | 'reported'
  /** `high`: a primary source or the certificate itself; `medium`: second hand or computed; `low`: deduced. */
  readonly confidence: 'high' | 'medium' | 'low'
  /** URLs. */
  readonly sources: readonly string[]
  /** How it is replayed on a chain; undefined: it stands in the calendar and is not replayed. */
  readonly replay: Replay | undefined
}

export const dateKinds = [
  'effective',
  'expiry',
  'deadline',
  'planned',
  'window-start',
  'first-seen',
  'no-later-than',
  'computed',
  'announcement',
  'pending',
  'postponed',
  'rolling',
  'no-date',
] as const
export type DateKind = (typeof dateKinds)[number]

/** A certificate of a chain, as far as it is known. */
export interface CalendarLink {
  /** Common name; `leaf` for the endpoint's own. */
  readonly subject: string
  readonly issuer: string | undefined
  readonly derBytes: number | undefined
  /** `RSA 2048`, `EC secp384r1`. */
  readonly key: string | undefined
  /** Name of the algorithm, such as `sha256WithRSAEncryption`. */
  readonly signature: string | undefined
  /** Last day of validity. */
  readonly until: string | undefined
  readonly note: string | undefined
  /** Where `derBytes` is not known: what it has at least. Never of the data files. */
  readonly leastBytes?: number | undefined
}

/**
 * `reissue`: the leaf comes from another issuing CA, and `chainAfter` is sent above it. `drop`: what `when.sends` names
 * is left out. `successor`: the issuing CA gives way to one that is not named yet. `move`: the endpoint goes to one
 * of `rootsAfter`, by a chain that is not known. `store`: stores of roots let `rootsBefore` go. `lifetime`: leaves
 * live `days` at most. `versions`: TLS versions are refused.
 */
export type Replay = { readonly when: When } & (
  | {
      readonly kind: 'reissue'
      /** Whether the leaf keeps its key type and its size, as far as one can know. */
      readonly leaf: 'same' | 'changes'
      readonly leafSignature: string | undefined
    }
  | { readonly kind: 'lifetime'; readonly days: number }
  | { readonly kind: 'drop' | 'successor' | 'move' | 'store' | 'versions' }
)

/** Which endpoints a change concerns: all that is given must hold; of a list, one item. */
export interface When {
  /** A certificate sent has this subject and this issuer (common names). */
  readonly sends?: readonly { readonly subject: string; readonly issuer: string }[] | undefined
  /** Common names of the leaf's issuer. */
  readonly leafIssuers?: readonly string[] | undefined
  /** organizationName of the leaf's issuer. */
  readonly organization?: string | undefined
  /** Every root that the chain can end in is one of these. */
  readonly roots?: readonly string[] | undefined
  /** `*` stands for one label or more. */
  readonly hosts?: readonly string[] | undefined
  readonly notHosts?: readonly string[] | undefined
  readonly leafKey?: 'RSA' | 'EC' | undefined
  /** The chain ends in a public root. */
  readonly public?: boolean | undefined
}

/** The calendar, soonest first, and the certificates of its chains that are at hand. */
export interface Calendar {
  readonly entries: readonly CalendarEntry[]
  /** PEM of certificates that `chainAfter` names. */
  readonly certificates: readonly string[]
}

/** First instant of the day, month, quarter or year, and the first one after it; UTC. */
export function periodOf(date: string): Period {
  const known = periods.get(date)
  if (known !== undefined) return known
  const [, year = '', quarter, month, day] = /^(\d{4})(?:-Q([1-4])|-(\d{2})(?:-(\d{2}))?)?$/.exec(date) ?? []
  const first = quarter === undefined ? Number(month ?? 1) - 1 : (Number(quarter) - 1) * 3
  const months = quarter !== undefined ? 3 : month !== undefined ? 1 : 12
  const start = new Date(Date.UTC(Number(year), first, Number(day ?? 1)))
  const end = new Date(start)
  if (day === undefined) end.setUTCMonth(end.getUTCMonth() + months)
  else end.setUTCDate(end.getUTCDate() + 1)
  const period = { start, end }
  periods.set(date, period)
  return period
}

interface Period {
  readonly start: Date
  readonly end: Date
}

/** Dates are those of the calendar: few, and asked for by every verdict. */
const periods = new Map<string, Period>()
