import { contentTypes } from '../../src/tls/content-types.ts'
import { type FuzzTarget, must } from '../fuzz-target.ts'
import { piecesOf } from '../pieces.ts'
import { clientHello, wireWords } from './tls-seeds.ts'
import {
  checkEngine,
  Heard,
  keys12,
  newClient,
  newServer,
  opening13,
  type Plain,
  plainsIn,
  randomIn,
  recordsOf,
  type Sealing,
  sealing13,
  type Version,
  writePlains,
} from './tls-talk.ts'

type Pieces = (bytes: Uint8Array) => readonly Uint8Array[]
const { change_cipher_spec, handshake, application_data } = contentTypes

/** What the rest of an input stands for; its first byte says which. */
const ways: readonly ((rest: Uint8Array, pieces: Pieces) => { server: Server; heard: Heard })[] = [
  (rest, pieces) => {
    const server = newServer()
    const heard = new Heard()
    hear(server, heard, pieces(rest))
    must(!server.established, 'no session without the keys')
    return { server, heard }
  },
  ...(['1.2', '1.3'] as const).map((version) => (rest: Uint8Array, pieces: Pieces) => {
    const { server, heard, seal } = greeted(version)
    for (const plain of plainsIn(rest)) hear(server, heard, pieces(seal(plain, server.established)))
    const good = messagesIn(goodFlights(version))
    const given = messagesIn(plainsIn(rest))
    must(!server.established || given.subarray(0, good.length).equals(good), 'a session of changed messages')
    return { server, heard }
  }),
]
type Server = ReturnType<typeof newServer>

export const serverEngine: FuzzTarget = {
  name: 'tls-server-engine',
  shortCases: 300,
  open: () => ({
    text: false,
    maxBytes: 6_000,
    maxMs: 2_000,
    words: wireWords,
    seeds: seeds(),
    run(input) {
      const which = (input[0] ?? 0) % ways.length
      const rest = input.subarray(1)
      const { server, heard } = ways[which]!(rest, (bytes) => [bytes])
      const inPieces = ways[which]!(rest, (bytes) => piecesOf(bytes))
      return `${which} ${checkEngine(server, heard, inPieces.heard, rest)}`
    },
  }),
}

function hear(server: Server, heard: Heard, pieces: readonly Uint8Array[]): void {
  for (const piece of pieces) heard.take(server.receive(piece, 0))
}

/** After the hello and the server's flight, with what protects the client's records from there. */
function greeted(version: Version) {
  const client = newClient(version)
  const server = newServer()
  const heard = new Heard()
  const told = new Heard()
  const hello = told.take(client.start(0))
  const flight = heard.take(server.receive(hello, 0))
  told.take(client.receive(flight, 0))
  const reply = told.take(client.proceed({}, 0))
  const randoms = { client: randomIn(hello), server: randomIn(flight) }
  const seal = version === '1.3' ? client13(told) : client12(told, randoms)
  return { server, heard, seal, reply, told, randoms }
}

type ClientSealing = (plain: Plain, established: boolean) => Uint8Array

function client13(told: Heard): ClientSealing {
  const inHandshake = sealing13(told.secret('CLIENT_HANDSHAKE_TRAFFIC_SECRET'))
  let inSession: Sealing | undefined
  return (plain, established) => {
    if (!established) return inHandshake(plain)
    inSession ??= sealing13(told.secret('CLIENT_TRAFFIC_SECRET_0'))
    return inSession(plain)
  }
}

/** In the clear up to the ChangeCipherSpec, that included. */
function client12(told: Heard, randoms: Parameters<typeof keys12>[1]): ClientSealing {
  const { seal } = keys12(told.secret('CLIENT_RANDOM'), randoms, 'client', 0)
  let changed = false
  return (plain) => {
    if (changed) return seal(plain)
    changed = plain.contentType === change_cipher_spec.code
    const { contentType, content } = plain
    const header = [contentType, 3, 3, content.length >> 8, content.length & 0xff]
    return Buffer.concat([Uint8Array.from(header), content])
  }
}

function messagesIn(plains: readonly Plain[]): Buffer {
  return Buffer.concat(
    plains.filter(({ contentType }) => contentType === handshake.code).map(({ content }) => content),
  )
}

const flights = new Map<Version, readonly Plain[]>()

/** What the client answers to the server's flight, before it is protected. */
function goodFlights(version: Version): readonly Plain[] {
  const known = flights.get(version) ?? openFlight(version)
  flights.set(version, known)
  return known
}

function openFlight(version: Version): readonly Plain[] {
  const { reply, told, randoms } = greeted(version)
  const { records } = recordsOf(reply)
  const sealed = records.filter(({ contentType }) => contentType !== change_cipher_spec.code)
  if (version === '1.3') {
    const opener = opening13(told.secret('CLIENT_HANDSHAKE_TRAFFIC_SECRET'))
    return sealed.map(({ version: legacy, fragment }) => {
      const inner = opener.open(legacy, fragment)
      must(inner !== undefined, "the client's record opens")
      return inner
    })
  }
  const { opener } = keys12(told.secret('CLIENT_RANDOM'), randoms, 'client', 0)
  const changes = records.findIndex(({ contentType }) => contentType === change_cipher_spec.code)
  return records.map(({ contentType, version: legacy, fragment }, at) => {
    const content = at <= changes ? fragment : opener.open(contentType, legacy, fragment)
    must(content !== undefined, "the client's record opens")
    return { contentType, content }
  })
}

function seeds(): Uint8Array[] {
  const as = (way: number, rest: Uint8Array) => Buffer.concat([Uint8Array.of(way), rest])
  const data = { contentType: application_data.code, content: Buffer.from('data') }
  const update = { contentType: handshake.code, content: Buffer.from('1800000101', 'hex') }
  const hellos = [clientHello(), newClient('1.2').start(0).send, newClient('1.3').start(0).send]
  return [
    ...hellos.map((hello) => as(0, hello)),
    ...(['1.2', '1.3'] as const).flatMap((version, at) =>
      [[], [data], [update, data], [data, { contentType: 21, content: Uint8Array.of(1, 0) }]].map((more) =>
        as(1 + at, writePlains([...goodFlights(version), ...more])),
      ),
    ),
  ]
}
