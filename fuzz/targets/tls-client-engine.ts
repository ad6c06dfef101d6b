import { MAX_MESSAGE_BYTES, MessageReader } from '../../src/tls/message-reader.ts'
import { type FuzzTarget, must } from '../fuzz-target.ts'
import { piecesOf } from '../pieces.ts'
import { decoded } from './decode.ts'
import { serverFlights, wireWords } from './tls-seeds.ts'
import {
  checkEngine,
  Heard,
  keys12,
  newClient,
  newServer,
  plainsIn,
  randomIn,
  type Sealing,
  sealing13,
  type Version,
  writePlains,
} from './tls-talk.ts'

type Client = ReturnType<typeof newClient>
type Pieces = (bytes: Uint8Array) => readonly Uint8Array[]
interface Talk {
  readonly client: Client
  readonly heard: Heard
}

const whole: Pieces = (bytes) => [bytes]

/** What the rest of an input stands for; its first byte says which. */
const ways: readonly { readonly name: string; run(rest: Uint8Array, pieces: Pieces): Talk }[] = [
  ...(['1.2', '1.3'] as const).map((version) => ({
    name: `bytes of a server, ${version} offered`,
    run: (rest: Uint8Array, pieces: Pieces) => {
      const talk = begin(version)
      hear(talk, pieces(rest))
      must(!talk.client.established, 'no session without the keys')
      return talk
    },
  })),
  ...(['1.2', '1.3'] as const).flatMap((version) =>
    [0, 1].map((flight) => ({
      name: `messages of flight ${flight} in ${version}, before they are protected`,
      run: (rest: Uint8Array, pieces: Pieces) => {
        const talk = handshake(version, pieces, (at) => (at === flight ? rest : undefined)).talk
        must(
          !talk.client.established || isSame(rest, said(version)[flight]!),
          'a session of changed messages',
        )
        return talk
      },
    })),
  ),
  ...(['1.2', '1.3'] as const).map((version) => ({
    name: `records within a session of ${version}`,
    run: (rest: Uint8Array, pieces: Pieces) => {
      const { talk, seal } = established(version)
      const plains = plainsIn(rest)
      hear(talk, pieces(Buffer.concat(plains.map(seal))))
      const sent = Buffer.concat(
        plains.filter(({ contentType }) => contentType === 23).map(({ content }) => content),
      )
      const got = talk.heard.events.flatMap((event) =>
        event.kind === 'application-data' && event.direction === 'received' ? [event.data] : [],
      )
      const data = Buffer.concat(got)
      must(data.equals(sent.subarray(0, data.length)), 'data are those that were sent, in order')
      return talk
    },
  })),
]

export const clientEngine: FuzzTarget = {
  name: 'tls-client-engine',
  shortCases: 300,
  open: () => ({
    text: false,
    maxBytes: 12_000,
    maxMs: 2_000,
    words: wireWords,
    seeds: seeds(),
    run(input) {
      const which = (input[0] ?? 0) % ways.length
      const rest = input.subarray(1)
      const { client, heard } = ways[which]!.run(rest, whole)
      const inPieces = ways[which]!.run(rest, (bytes) => piecesOf(bytes))
      return `${which} ${checkEngine(client, heard, inPieces.heard, rest)}`
    },
  }),
}

function begin(version: Version): Talk & { readonly hello: Uint8Array } {
  const client = newClient(version)
  const heard = new Heard()
  return { client, heard, hello: heard.take(client.start(0)) }
}

/** What the client answers. */
function hear({ client, heard }: Talk, pieces: readonly Uint8Array[]): Uint8Array {
  const answers = pieces.map((piece) => {
    const step = client.receive(piece, 0)
    const answer = heard.take(step)
    if (!step.events.some(({ kind }) => kind === 'server-flight')) return answer
    return Buffer.concat([answer, heard.take(client.proceed({}, 0))])
  })
  return Buffer.concat(answers)
}

/** A talk with our own server, the messages of a flight of which `instead` replaces; undefined: as they are. */
function handshake(version: Version, pieces: Pieces, instead: (flight: number) => Uint8Array | undefined) {
  const flights: Uint8Array[] = []
  const server = newServer((messages) => {
    const other = instead(flights.length)
    flights.push(Buffer.concat(messages))
    return other === undefined ? messages : piecesOf(other).filter(({ length }) => length > 0)
  })
  const talk = begin(version)
  let serverRandom: Uint8Array = new Uint8Array(0)
  let up = talk.hello
  for (let turn = 0; up.length > 0 && turn < MAX_TURNS; turn++) {
    const down = server.receive(up, 0).send
    if (turn === 0) serverRandom = randomIn(down)
    up = hear(talk, pieces(down))
  }
  return { talk, flights, randoms: { client: randomIn(talk.hello), server: serverRandom } }
}

/** Of a handshake, with room for what a changed one may ask for. */
const MAX_TURNS = 6

function established(version: Version): { readonly talk: Talk; readonly seal: Sealing } {
  const { talk, randoms } = handshake(version, whole, () => undefined)
  must(talk.client.established, 'a good handshake is done')
  if (version === '1.3') return { talk, seal: sealing13(talk.heard.secret('SERVER_TRAFFIC_SECRET_0')) }
  // Its Finished was the first record.
  return { talk, seal: keys12(talk.heard.secret('CLIENT_RANDOM'), randoms, 'server', 1).seal }
}

const flightsOf = new Map<Version, readonly Uint8Array[]>()

/** The server's messages of a good talk, by flight. */
function said(version: Version): readonly Uint8Array[] {
  const known = flightsOf.get(version) ?? handshake(version, whole, () => undefined).flights
  flightsOf.set(version, known)
  return known
}

/** Whether messages begin as `good` does; HelloRequests count for nothing, RFC 5246 §7.4.1.1. */
function isSame(messages: Uint8Array, good: Uint8Array): boolean {
  const reader = new MessageReader(MAX_MESSAGE_BYTES)
  const those: Uint8Array[] = []
  decoded(() => {
    reader.push(messages)
    for (let one = reader.next(); one !== undefined; one = reader.next()) {
      if (one.type !== 0) those.push(one.bytes)
    }
    return ''
  })
  return Buffer.concat(those).subarray(0, good.length).equals(good)
}

function seeds(): Uint8Array[] {
  const as = (way: number, rest: Uint8Array) => Buffer.concat([Uint8Array.of(way), rest])
  const recorded = serverFlights().filter(({ length }) => length < 6_000)
  const clear = [...recorded, ...recorded.map((flight) => flight.subarray(0, 300))]
  const plain = (contentType: number, hex: string) => ({ contentType, content: Buffer.from(hex, 'hex') })
  const data = plain(23, '61626364')
  const sessions = [
    [data, data, plain(21, '0100')],
    [plain(22, '0400001200000e100000000101aa0005bbbbbbbbbb0000'), data],
    [plain(22, '1800000100'), data, plain(22, '1800000101'), data],
    [plain(22, '00000000'), data, plain(21, '0264')],
    [plain(22, '04000009000000ff0003aaaaaa'), data],
  ]
  return [
    ...clear.flatMap((flight) => [as(0, flight), as(1, flight)]),
    ...(['1.2', '1.3'] as const).flatMap((version, at) =>
      said(version).flatMap((messages, flight) => [as(2 + 2 * at + flight, messages)]),
    ),
    ...sessions.flatMap((plains) => [as(6, writePlains(plains)), as(7, writePlains(plains))]),
  ]
}
