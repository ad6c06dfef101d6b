import { knownChains, type Subject, subjects } from './chains/known-chains.ts'
import type { KnownChain } from './chains/maker.ts'
import { type Player, players, type Topic } from './players.ts'
import type { Framing } from './reframe-proxy.ts'
import { isThere, type ServerKind, type ServerKnobs, serverKinds } from './servers.ts'

/** One server with one chain, and the clients that meet it, each in its turn. */
export interface Case {
  /** Tells it from all others. */
  readonly story: string
  readonly chain: KnownChain
  readonly server: ServerKind
  readonly knobs: ServerKnobs
  /** Path that is asked for; undefined: the handshake alone. */
  readonly path: string | undefined
  readonly players: readonly Player[]
}

/** Where it is not said that a client meets all of a topic, it meets every tenth case of it. */
const SHARE = 10

/** The cases, in an order and a crossing that are the same each time. */
export function knownCases(now: Date): Case[] {
  const chains = knownChains(now)
  const named = (name: string) => {
    const chain = subjects.flatMap((subject) => chains[subject]).find((one) => one.name === name)
    if (chain === undefined) throw new Error(`no chain is named ${name}`)
    return chain
  }
  return [
    ...subjects.flatMap((subject) => chains[subject].map((chain, at) => chainCase(subject, chain, at))),
    ...framingCases(named),
    ...fragmentCases(named),
    ...downloadCases(named),
    ...helloCases(named),
  ]
}

function chainCase(subject: Subject, chain: KnownChain, at: number): Case {
  const maxVersion = chain.version ?? (at % 2 === 0 ? 'TLSv1.2' : 'TLSv1.3')
  return caseOf(chain, available(serverKinds[at % serverKinds.length]!), { maxVersion }, meeting(subject, at))
}

function meeting(topic: Topic, at: number): Player[] {
  return players.filter(
    ({ meets }, player) => meets === 'all' || meets.includes(topic) || (at + player) % SHARE === 0,
  )
}

type Named = (name: string) => KnownChain

/** Where messages share small records, RSA signs: an ECDSA signature of another length would cut other headers. */
// biome-ignore format: a table
const framings: readonly (readonly [chain: string, framing: Framing])[] = [
  ['two P-256 certificates',  { recordBytes: 60, merge: false }],
  ['two P-256 certificates',  { recordBytes: 500, merge: false }],
  ['two P-256 certificates',  { recordBytes: 4_096, merge: true }],
  ['two P-256 certificates',  { recordBytes: 16_384, merge: true }],
  ['two P-256 certificates',  { recordBytes: 16_384, merge: false, segmentBytes: 1 }],
  ['two RSA certificates',    { recordBytes: 1, merge: false }],
  ['two RSA certificates',    { recordBytes: 60, merge: true }],
  ['two RSA certificates',    { recordBytes: 500, merge: true }],
  ['two RSA certificates',    { recordBytes: 1_000, merge: false }],
  ['two RSA certificates',    { recordBytes: 16_384, merge: true }],
  ['two RSA certificates',    { recordBytes: 16_384, merge: true, segmentBytes: 1 }],
  ['many certificates, 7 kB', { recordBytes: 1_024, merge: false }],
  ['many certificates, 7 kB', { recordBytes: 4_096, merge: true }],
  ['many certificates, 7 kB', { recordBytes: 16_384, merge: true }],
  ['many certificates, 7 kB', { recordBytes: 500, merge: false, segmentBytes: 100 }],
]

/** Handshake records that no server here makes by itself. In TLS 1.3 only the ServerHello is in the clear. */
function framingCases(named: Named): Case[] {
  return framings.map(([name, framing], at) => {
    const server = available(serverKinds[at % serverKinds.length]!)
    return caseOf(
      named(name),
      server,
      { maxVersion: at % 4 === 3 ? 'TLSv1.3' : 'TLSv1.2', framing },
      meeting('frames', at),
    )
  })
}

/** A server that is set to small records: it cuts its handshake too, in TLS 1.3 within the encryption. */
function fragmentCases(named: Named): Case[] {
  return [512, 1_024, 4_096].flatMap((maxSendFragment) =>
    (['TLSv1.2', 'TLSv1.3'] as const).flatMap((maxVersion) =>
      ['two P-256 certificates', 'two RSA certificates', 'many certificates, 7 kB'].map((name) =>
        caseOf(
          named(name),
          available('openssl'),
          { maxVersion, maxSendFragment },
          meeting('frames', maxSendFragment),
        ),
      ),
    ),
  )
}

/** Data records, by what the server is set to and how long its answer is. */
function downloadCases(named: Named): Case[] {
  const chain = named('two P-256 certificates')
  const plain = [100, 1_300, 3_990, 4_200, 16_000, 60_000].map((bodyBytes) => ({ bodyBytes }))
  const cases: [ServerKind, Omit<ServerKnobs, 'maxVersion'>][] = [
    ...plain.map((knobs): [ServerKind, typeof knobs] => ['node', knobs]),
    ['node', { bodyBytes: 60_000, dataRecordBytes: 1_024 }],
    ['nginx', { bodyBytes: 60_000 }],
    ['nginx', { bodyBytes: 60_000, dataRecordBytes: 2_048 }],
    ['haproxy', { bodyBytes: 60_000 }],
  ]
  return cases.flatMap(([server, knobs], at) =>
    (['TLSv1.2', 'TLSv1.3'] as const).map((maxVersion) =>
      caseOf(chain, available(server), { ...knobs, maxVersion }, meeting('downloads', at), '/fw.bin'),
    ),
  )
}

/** What the two sides have in common, or have not. */
function helloCases(named: Named): Case[] {
  const ecdsa = named('two P-256 certificates')
  const rsa = named('two RSA certificates')
  let at = 0
  const of = (chain: KnownChain, knobs: ServerKnobs, path?: string) =>
    caseOf(chain, 'node', knobs, meeting('hellos', at++), path)
  const only12 = { maxVersion: 'TLSv1.2' } as const
  const both = { maxVersion: 'TLSv1.3' } as const
  const ecdsaSuites = ['CHACHA20-POLY1305', 'AES256-SHA384', 'AES128-SHA', 'AES128-CCM', 'ARIA128-GCM-SHA256']
  const rsaSuites = ['AES256-GCM-SHA384', 'AES128-SHA', 'CAMELLIA128-SHA', 'ECDHE-RSA-AES256-SHA']
  return [
    of(ecdsa, { ...both, minVersion: 'TLSv1.3' }),
    of(ecdsa, { maxVersion: 'TLSv1.1' }),
    ...ecdsaSuites.map((suite) => of(ecdsa, { ...only12, suites: `ECDHE-ECDSA-${suite}` })),
    ...rsaSuites.map((suites) => of(rsa, { ...only12, suites })),
    ...['P-256', 'P-384', 'P-521', 'X25519', 'X448'].flatMap((groups) => [
      of(ecdsa, { ...only12, groups }),
      of(rsa, { ...both, groups }),
    ]),
    ...['RSA-PSS+SHA256', 'RSA+SHA256', 'RSA+SHA1'].map((signatureSchemes) =>
      of(rsa, { ...only12, signatureSchemes }),
    ),
    ...['ECDSA+SHA512', 'ECDSA+SHA1'].map((signatureSchemes) => of(ecdsa, { ...only12, signatureSchemes })),
    of(rsa, { ...both, signatureSchemes: 'RSA-PSS+SHA512' }),
    ...(['wanted', 'required'] as const).flatMap((clientCertificate) => [
      of(ecdsa, { ...only12, clientCertificate }, '/'),
      of(ecdsa, { ...both, clientCertificate }, '/'),
    ]),
  ]
}

/** A server that is not installed is stood in for by Node's. */
function available(kind: ServerKind): ServerKind {
  return isThere(kind) ? kind : 'node'
}

function caseOf(
  chain: KnownChain,
  server: ServerKind,
  knobs: ServerKnobs,
  meeting: readonly Player[],
  path?: string,
): Case {
  const { maxVersion, framing, ...rest } = knobs
  const cut =
    framing === undefined
      ? []
      : [
          `records of ${framing.recordBytes}${framing.merge ? ', merged' : ''}`,
          ...(framing.segmentBytes === undefined ? [] : [`segments of ${framing.segmentBytes}`]),
        ]
  const words = Object.entries(rest).map(([knob, value]) => `${knob} ${value}`)
  const story = [chain.name, server, maxVersion, ...cut, ...words].join('; ')
  return { story, chain, server, knobs, path, players: meeting }
}
