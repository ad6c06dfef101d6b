import type { FragmentLength } from '../judge/fragment-length.ts'
import type { Connection, FragmentLengthSeen, ServerNameSeen } from '../observe/observation.ts'
import type { ClientOffer, OfferedExtension } from '../tls/client-offer.ts'
import { type DialGoal, Dialler, type DialSettings } from './dialler.ts'
import { helloRefused, isLiteral, withServerName } from './probes.ts'

/** A comparison is worth no long wait. */
const MAX_WAIT_MS = 5_000

/** Opens a connection for one hello, to the server's flight and no further, and says what was seen of it. */
export type AskServer = (offer: ClientOffer) => Promise<Connection | undefined>

/** Each comparison has a connection of its own, with no secret in it and nothing kept of it but the answer. */
export function askWith(
  settings: DialSettings,
  goal: Pick<DialGoal, 'host' | 'address' | 'port'>,
): AskServer {
  return async (offer) => {
    const timeoutMs = Math.min(settings.timeoutMs, MAX_WAIT_MS)
    const dialler = new Dialler({ ...settings, timeoutMs, credential: undefined, sendSecrets: false })
    try {
      await dialler.dial({ ...goal, role: 'probe', offer, until: 'server-flight' })
      return dialler.connections[0]
    } finally {
      dialler.close()
    }
  }
}

/** Which of the lengths of max_fragment_length the server agrees to, up to the first that it does not. */
export async function compareFragmentLengths(
  lengths: readonly FragmentLength[],
  offer: ClientOffer,
  ask: AskServer,
): Promise<FragmentLengthSeen[]> {
  const seen: FragmentLengthSeen[] = []
  for (const length of lengths) {
    const one = await askForLength(length, offer, ask)
    if (one !== undefined) seen.push(one)
    if (one?.answered === undefined) break
  }
  return seen
}

/** Undefined where the server did not answer the hello. */
async function askForLength(
  asked: FragmentLength,
  offer: ClientOffer,
  ask: AskServer,
): Promise<FragmentLengthSeen | undefined> {
  const connection = await ask(withFragmentLength(offer, asked))
  if (connection?.negotiated === undefined) return undefined
  const sizes = connection.messages.flatMap(({ direction, largestRecordBytes }) =>
    direction === 'received' && largestRecordBytes !== undefined ? [largestRecordBytes] : [],
  )
  const { maxFragmentLength: answered } = connection.negotiated
  return { asked, answered, largestRecordBytes: sizes.length === 0 ? undefined : Math.max(...sizes) }
}

/** What the server presents with the host's own name, with none, and with one that it cannot know. */
export async function compareServerNames(
  offer: ClientOffer,
  host: string,
  ask: AskServer,
): Promise<ServerNameSeen[]> {
  const names = [...(isLiteral(host) ? [] : [host]), undefined, UNKNOWN_NAME]
  const seen: ServerNameSeen[] = []
  for (const sni of names) {
    const connection = await ask(sni === undefined ? withoutServerName(offer) : withServerName(offer, sni))
    if (connection !== undefined) seen.push(toSeen(sni, connection))
  }
  return seen
}

/** RFC 2606 §2: no such name exists. */
export const UNKNOWN_NAME = 'tlsfit.invalid'

function toSeen(sni: string | undefined, connection: Connection): ServerNameSeen {
  const { chain, alerts } = connection
  const alert = alerts.find(({ direction, level }) => direction === 'received' && level !== 1)
  return {
    sni,
    outcome: chain !== undefined ? 'chain' : helloRefused(connection) ? 'refused' : 'failed',
    alert: alert?.description,
    leaf: chain?.certificates[0],
    chainBytes: chain?.certificates.reduce((sum, der) => sum + der.length, 0),
    certificates: chain?.certificates.length,
  }
}

function withoutServerName(offer: ClientOffer): ClientOffer {
  return { ...offer, extensions: offer.extensions.filter(({ kind }) => kind !== 'server_name') }
}

function withFragmentLength(offer: ClientOffer, bytes: FragmentLength): ClientOffer {
  const own: OfferedExtension = { kind: 'max_fragment_length', bytes }
  const others = offer.extensions.filter(({ kind }) => kind !== 'max_fragment_length')
  return { ...offer, extensions: [...others, own] }
}
