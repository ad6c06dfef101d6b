import type { AuditInfo, TokenInfo } from '../../src/api/contract.ts'

type Tokens = readonly Pick<TokenInfo, 'id' | 'name'>[]

const verbs: { readonly [verb: string]: string } = {
  add: 'added',
  edit: 'changed',
  remove: 'removed',
  put: 'sealed',
  probe: 'asked for a probe of',
  end: 'ended',
  acknowledge: 'acknowledged',
  mute: 'muted',
  unmute: 'unmuted',
}

/** `token:4f2a` by its name, as long as there is such a token. */
export function auditActor(actor: string, tokens: Tokens): string {
  if (actor === 'unknown') return 'Somebody'
  if (actor === 'local') return 'Local user'
  return nameOfToken(actor, tokens) ?? actor
}

/** What was done, to whom: `changed endpoint ota`. An action that is not known here stands as it is. */
export function auditWords({ action, subject }: AuditInfo, tokens: Tokens): string {
  if (action === 'log-in') return 'logged in'
  if (action === 'log-out') return 'logged out'
  if (action === 'log-in-failed') return 'failed to log in'
  if (action === 'config-read') return 'was read anew'
  if (action === 'schedule-edit') return 'changed the defaults of the schedule'
  if (action === 'defaults-edit') return 'changed time limit, retries and thresholds by default'
  if (action === 'silence-add') return `silenced ${subject}`
  const [, thing, verb] = /^([a-z]+)-([a-z]+)$/.exec(action) ?? []
  const word = verbs[verb ?? '']
  if (word === undefined) return `${action} ${subject}`
  const token = thing === 'token' ? nameOfToken(`token:${subject}`, tokens) : undefined
  return `${word} ${token ?? `${thing} ${subject}`}`
}

export function auditOrigin({ action, actor, subject, detail }: AuditInfo): string {
  const { address } = partsOf(detail)
  if (typeof address === 'string') return `from ${address}`
  if (action === 'log-in-failed') return `from ${subject}`
  if (actor === 'watch.yaml') return 'from the file'
  return actor === 'command line' ? 'on this machine' : 'from where was not noted'
}

/** What else was noted, as JSON; undefined: nothing. */
export function auditRest({ detail }: AuditInfo): string | undefined {
  const { address: _address, ...rest } = partsOf(detail)
  return Object.keys(rest).length === 0 ? undefined : JSON.stringify(rest)
}

function nameOfToken(subject: string, tokens: Tokens): string | undefined {
  const name = tokens.find(({ id }) => subject === `token:${id}`)?.name
  return name === undefined ? undefined : `token ${name}`
}

function partsOf(detail: unknown): { readonly [name: string]: unknown } {
  return typeof detail === 'object' && detail !== null ? { ...detail } : {}
}
