import { BodyDecoder, bodyFraming, keepsAlive } from '../../src/http/body.ts'
import { MAX_REQUEST_FIELDS, MAX_REQUEST_HEAD_BYTES, readRequestHead } from '../../src/http/request-head.ts'
import { MAX_HEAD_BYTES, MAX_HEADER_LINES, ResponseHeadParser } from '../../src/http/response-head.ts'
import { readBrokerWord } from '../../src/mqtt/answer.ts'
import { ConnackParser } from '../../src/mqtt/connack.ts'
import { encodeConnect } from '../../src/mqtt/connect.ts'
import { decodeConnectPacket, UnknownProtocolLevel, withCredentials } from '../../src/mqtt/connect-packet.ts'
import { PacketStream } from '../../src/mqtt/packet-stream.ts'
import { encodeLength, readRemainingLength } from '../../src/mqtt/remaining-length.ts'
import { type FuzzTarget, must, mustEqual } from '../fuzz-target.ts'
import { piecesOf } from '../pieces.ts'
import { seedText } from '../seed-files.ts'
import { about, decoded } from './decode.ts'

const httpWords = [
  ...[
    'GET ',
    'HEAD ',
    'POST ',
    'CONNECT ',
    'OPTIONS * ',
    ' HTTP/1.1\r\n',
    ' HTTP/1.0\r\n',
    ' HTTP/2.0\r\n',
    'HTTP/1.1 ',
  ],
  ...[
    '200 OK\r\n',
    '100 Continue\r\n\r\n',
    '204 No Content\r\n',
    '206 Partial Content\r\n',
    '304 Not Modified\r\n',
  ],
  ...[
    'Host: a\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: +5\r\n',
    'Content-Length: 5, 5\r\n',
    'Connection: close\r\n',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: gzip, chunked\r\n',
    'Transfer-Encoding : chunked\r\n',
  ],
  ...[
    'Expect: 100-continue\r\n',
    'Range: bytes=0-1023\r\n',
    '\r\n',
    '\n',
    '\r',
    '\t',
    ' x: y\r\n',
    '0\r\n\r\n',
    '5\r\nhello\r\n',
  ],
  ...[
    'ffffffffffff\r\n',
    '5;a=b\r\n',
    'http://a/b',
    '//a',
    '/../',
    '/%00',
    '*',
    'a:443',
    '\0',
    '\x80',
    ':',
    ',',
  ],
]

const request: FuzzTarget = {
  name: 'http-request',
  shortCases: 8_000,
  open: () => ({
    seeds: seedText(
      'GET /fw.bin?sig=x HTTP/1.1\r\nHost: a.example:8443\r\nRange: bytes=0-1023\r\nConnection: keep-alive\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
      'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nHost: b\r\nExpect: 100-continue\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      '\r\nHEAD http://h/p HTTP/1.1\r\nHost: h\r\nX: \r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n',
    ),
    words: httpWords,
    text: true,
    maxBytes: 12_000,
    maxMs: 60,
    run(input) {
      const bytes = Buffer.from(input)
      const result = readRequestHead(bytes)
      // What is refused early stays refused, what waits goes on: no byte read later changes a head that is whole.
      if (result.kind === 'head') {
        const { head, end } = result
        must(end <= bytes.length && head.headBytes <= MAX_REQUEST_HEAD_BYTES, 'a head is within its bound')
        must(head.fields.length <= MAX_REQUEST_FIELDS, 'so are its fields')
        mustEqual(readRequestHead(bytes.subarray(0, end)), result, 'what follows a head does not change it')
        const cut = readRequestHead(bytes.subarray(0, end - 1))
        must(cut.kind !== 'head', 'a head cut short is no head')
        must(!head.fields.some(([name, value]) => /[\r\n\0]/.test(name + value)), 'a field is one line')
        return `${['GET', 'HEAD', 'POST'].includes(head.method) ? head.method : 'other'} ${head.form} ${head.body.kind} ${about(head.fields.length)}`
      }
      if (result.kind === 'more') {
        must(bytes.length <= MAX_REQUEST_HEAD_BYTES + 8, 'it waits no longer than its bound')
        return 'more'
      }
      mustEqual(readRequestHead(Buffer.concat([bytes, bytes])).kind, 'refused', 'what is refused stays so')
      return `${result.refusal.status} ${result.refusal.reason}`
    },
  }),
}

const response: FuzzTarget = {
  name: 'http-response',
  shortCases: 8_000,
  open: () => ({
    seeds: seedText(
      'HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
      'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/100\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n',
      'HTTP/1.0 302 Found\nLocation: https://b/\n folded\nBroken line\n\nrest',
      'HTTP/1.1 100 Continue\r\n\r\n',
    ),
    words: httpWords,
    text: true,
    maxBytes: 12_000,
    maxMs: 60,
    run(input) {
      const whole = readResponse([input])
      mustEqual(readResponse(piecesOf(input)), whole, 'a response in pieces is the response whole')
      return whole.outcome
    },
  }),
}

function readResponse(pieces: readonly Uint8Array[]) {
  const parser = new ResponseHeadParser()
  const parts: Uint8Array[] = []
  let body: BodyDecoder | undefined
  let head: ReturnType<ResponseHeadParser['push']>
  const outcome = decoded(() => {
    for (const piece of pieces) {
      let rest = piece
      if (body === undefined) {
        head = parser.push(piece)
        if (head === undefined) continue
        must(head.head.headBytes <= MAX_HEAD_BYTES, 'a head is within its bound')
        must(head.head.headers.length <= MAX_HEADER_LINES, 'so are its lines')
        const framing = bodyFraming('GET', head.head)
        keepsAlive(head.head, framing)
        body = new BodyDecoder(framing)
        rest = piece.subarray(head.consumed)
      }
      const { parts: more, consumed } = body.push(rest)
      must(consumed <= rest.length, 'no more is taken than was given')
      parts.push(...more)
    }
    const framing = head === undefined ? 'none' : bodyFraming('GET', head.head).kind
    return `${Math.floor((head?.head.status ?? 0) / 100)} ${framing} ${body?.done} ${head?.head.oddities.join()}`
  })
  // Of the piece in which a chunk breaks its format no content is handed out, though counted: it depends on the cut.
  const content = body !== undefined && outcome.includes('chunk') ? undefined : Buffer.concat(parts)
  return { outcome, bodyBytes: body?.bodyBytes, content, head: head?.head }
}

const mqttSeeds = ([3, 4, 5] as const).flatMap((protocolLevel) => [
  encodeConnect({
    protocolLevel,
    clientId: 'dev-1',
    keepAliveSeconds: 60,
    userName: undefined,
    password: undefined,
  }),
  encodeConnect({
    protocolLevel,
    clientId: protocolLevel === 3 ? 'b' : '',
    keepAliveSeconds: 0,
    userName: 'user',
    password: 'secret',
  }),
])
const answers = [
  '20020000',
  '20020105',
  '2003000000',
  '20060000032100 14',
  '20098700061f00036e6f',
  'e00400022100',
  'e0018d',
]
const others = [
  'c000',
  'd000',
  '300a00036162633132333435',
  '820600010001 6100',
  '9003000100',
  '40020001',
  'ffffffff7f',
]
const packets = [...answers, ...others].map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex'))

const stream: FuzzTarget = {
  name: 'mqtt-stream',
  shortCases: 8_000,
  open: () => ({
    seeds: [...mqttSeeds, ...packets, Buffer.concat([...mqttSeeds.slice(1, 2), ...packets])],
    words: mqttWords,
    text: false,
    maxBytes: 9_000,
    maxMs: 60,
    run(input) {
      const whole = follow([input])
      mustEqual(follow(piecesOf(input)), whole, 'packets in pieces are packets whole')
      return `${about(whole.packets)} ${whole.lastType} ${whole.between} ${whole.seen.length > 0}`
    },
  }),
}

function follow(pieces: readonly Uint8Array[]) {
  const seen: string[] = []
  const stream = new PacketStream(
    (type) => type !== 'PUBLISH',
    (type, packet) => seen.push(`${type} ${Buffer.from(packet).toString('hex')}`),
  )
  for (const piece of pieces) stream.push(piece)
  return { seen, packets: stream.packets, lastType: stream.lastType, between: stream.betweenPackets }
}

const mqttWords = [
  '10',
  '20',
  '00044d515454',
  '00064d5149736470',
  '04',
  '05',
  '00',
  '02',
  'c2',
  'ffff',
  '80808001',
  'ffffff7f',
]
  .concat(['1f0003', '210014', '120001', '15000000', '26000161000162', '0000', 'c080', 'eda080', 'efbfbf'])
  .map((hex) => Buffer.from(hex, 'hex'))

const connect: FuzzTarget = {
  name: 'mqtt-connect',
  shortCases: 8_000,
  open: () => ({
    seeds: mqttSeeds,
    words: mqttWords,
    text: false,
    maxBytes: 4_000,
    maxMs: 60,
    run: (input) =>
      decoded(() => {
        const length = readRemainingLength(input)
        if (length === undefined || length === 'malformed') return `${length}`
        must(
          encodeLength(length.bytes).length <= length.headerBytes - 1,
          'a length is no longer than as written',
        )
        try {
          const packet = decodeConnectPacket(input, length.headerBytes)
          const { level, userName, password, willTopic } = packet
          const renamed = withCredentials(packet, { userName: 'u', password: 'p' })
          const written = readRemainingLength(renamed)
          must(written !== undefined && written !== 'malformed', 'one with other credentials has a length')
          const again = decodeConnectPacket(renamed, written.headerBytes)
          mustEqual([again.userName, again.clientId], ['u', packet.clientId], 'and says what it was given')
          return `${level} ${userName === undefined} ${password === undefined} ${willTopic === undefined}`
        } catch (error) {
          if (!(error instanceof UnknownProtocolLevel)) throw error
          return 'another level'
        }
      }),
  }),
}

const answer: FuzzTarget = {
  name: 'mqtt-answer',
  shortCases: 3_000,
  open: () => ({
    seeds: packets.flatMap((packet) =>
      [3, 4, 5].map((level) => Buffer.concat([Uint8Array.of(level), packet])),
    ),
    words: mqttWords,
    text: false,
    maxBytes: 6_000,
    maxMs: 80,
    run(input) {
      const level = ([3, 4, 5] as const)[(input[0] ?? 0) % 3]!
      const bytes = input.subarray(1)
      const whole = connackOf([bytes], level)
      const inPieces = connackOf(piecesOf(bytes), level)
      mustEqual(inPieces, whole, 'an answer in pieces is the answer whole')
      const word = readBrokerWord(bytes, level)
      return `${level} ${/^\d+ /.test(whole) ? 'read' : whole} ${word === undefined} ${word?.level} ${word?.reason === undefined}`
    },
  }),
}

function connackOf(pieces: readonly Uint8Array[], level: 3 | 4 | 5): string {
  return decoded(() => {
    const parser = new ConnackParser(level)
    for (const piece of pieces) {
      const connack = parser.push(piece)
      if (connack !== undefined) return `${connack.returnCode} ${connack.sessionPresent}`
    }
    return 'waits'
  })
}

export const httpMqtt: readonly FuzzTarget[] = [request, response, stream, connect, answer]
