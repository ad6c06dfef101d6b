import type { Channel, SecretReference } from '../fleet/watch-config.ts'
import type { ChannelSecrets, StoredChannel } from '../store/rows/channels.ts'
import type { ChannelEdit } from './contract.ts'
import { checkLiteral, invalid } from './endpoint-edit.ts'

export interface EditedChannel {
  readonly channel: Channel & { readonly where?: string | undefined }
  readonly secrets: ChannelSecrets
}

/** As it stands, with its secrets opened. */
export interface KnownChannel {
  readonly channel: StoredChannel
  readonly secrets: ChannelSecrets
}

/**
 * A channel of the API: its secrets apart from the rest, which names them by `credential:`. Throws `ApiFailure`, also
 * where a secret that is held would go to another place than it was given for.
 */
export function editedChannel(
  edit: ChannelEdit,
  id: string,
  known: KnownChannel | undefined,
  privateTargets: boolean,
): EditedChannel {
  if (known !== undefined && known.channel.kind !== edit.kind) {
    throw invalid('kind', 'a kind does not change', 'take it out, and add another one')
  }
  const { name = known?.channel.name ?? id, from, endpoints, fleets } = edit
  const common = { id, name, from, endpoints, fleets }
  const held = new HeldSecrets(known?.secrets ?? {})
  const reach = (url: string) => checkLiteral(bareHost(url), 'url', privateTargets)
  switch (edit.kind) {
    case 'webhook': {
      const url = held.needed('url', edit.url)
      reach(url)
      const channel = { ...common, kind: edit.kind, url: part('url'), key: held.maybe('key', edit.key) }
      return { channel: { ...channel, where: hostOf(url) }, secrets: held.kept }
    }
    case 'slack':
    case 'teams':
    case 'discord': {
      const url = held.needed('url', edit.url)
      reach(url)
      const channel = { ...common, kind: edit.kind, url: part('url'), where: hostOf(url) }
      return { channel, secrets: held.kept }
    }
    case 'ntfy': {
      const before = known?.secrets.url
      const url = held.needed('url', edit.url)
      reach(url)
      if (before !== undefined && originOf(before) !== originOf(url)) held.goesElsewhere('token', edit.token)
      const channel = { ...common, kind: edit.kind, url: part('url'), token: held.maybe('token', edit.token) }
      return { channel: { ...channel, where: hostOf(url) }, secrets: held.kept }
    }
    case 'alertmanager': {
      const { url } = edit
      reach(url)
      const before = known?.channel.kind === 'alertmanager' ? known.channel.url : url
      if (originOf(before) !== originOf(url)) held.goesElsewhere('token', edit.token)
      const channel = { ...common, kind: edit.kind, url, token: held.maybe('token', edit.token) }
      return { channel, secrets: held.kept }
    }
    case 'email': {
      const { server, sender, to, user } = edit
      checkLiteral(bareHost(server), 'server', privateTargets)
      const before = known?.channel.kind === 'email' ? known.channel : edit
      if (before.server !== server || before.user !== user) held.goesElsewhere('password', edit.password)
      const password = held.maybe('password', edit.password)
      return {
        channel: { ...common, kind: edit.kind, server, sender, to, user, password },
        secrets: held.kept,
      }
    }
    case 'telegram': {
      held.needed('token', edit.token)
      const channel = { ...common, kind: edit.kind, token: part('token'), chat: edit.chat }
      return { channel, secrets: held.kept }
    }
    case 'pagerduty': {
      held.needed('key', edit.key)
      return {
        channel: { ...common, kind: edit.kind, key: part('key'), where: pagerdutyHost },
        secrets: held.kept,
      }
    }
  }
}

const pagerdutyHost = 'events.pagerduty.com'

/** Those of before, and those that are given anew. */
class HeldSecrets {
  readonly #known: ChannelSecrets
  readonly #kept: Record<string, string> = {}

  constructor(known: ChannelSecrets) {
    this.#known = known
  }

  get kept(): ChannelSecrets {
    return this.#kept
  }

  needed(name: string, given: string | undefined): string {
    const secret = given ?? this.#known[name]
    if (secret === undefined) throw invalid(name, 'is missing', undefined)
    this.#kept[name] = secret
    return secret
  }

  maybe(name: string, given: string | null | undefined): SecretReference | undefined {
    const secret = given === undefined ? this.#known[name] : given
    if (secret === undefined || secret === null) return undefined
    this.#kept[name] = secret
    return part(name)
  }

  /** Whoever may edit a channel would else have its secret sent to himself. */
  goesElsewhere(name: string, given: string | null | undefined): void {
    if (given !== undefined || this.#known[name] === undefined) return
    throw invalid(
      name,
      `the ${name} would go to another place than it was given for`,
      'give it again, or null',
    )
  }
}

function part(name: string): SecretReference {
  return { credential: name }
}

function hostOf(url: string): string {
  return new URL(url).host
}

function originOf(url: string): string {
  return new URL(url).origin
}

/** As `new URL` has made it plain: `0x7f.1` is 127.0.0.1 there. */
function bareHost(url: string): string {
  return new URL(url.replace(/^smtps?:/, 'http:')).hostname.replace(/^\[(.*)\]$/, '$1')
}
