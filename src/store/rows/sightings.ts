import { hash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { chainBody, chainDigest } from '../../fleet/chain-digest.ts'
import type { PlanSeen } from '../../fleet/snapshot-of.ts'
import type { Observation } from '../../observe/observation.ts'
import {
  type Json,
  OBSERVATION_SCHEMA,
  observationFromJson,
  observationToJson,
} from '../../observe/observation-json.ts'
import type { Queries } from '../database.ts'
import { bulk, digestBytes, hexDigest } from './bulk.ts'
import { observationKey } from './observation-key.ts'

/** What one round saw, ready for the store: each distinct part once, under its SHA-256 (hex). */
export interface PackedSighting {
  readonly digest: string
  readonly members: readonly Member[]
  /** JSON text of each. */
  readonly observations: ReadonlyMap<string, string>
  readonly chains: ReadonlyMap<string, PackedChain>
}

/** One observation of one hello. */
interface Member {
  readonly plan: string
  readonly observation: string
}

interface PackedChain {
  readonly body: Uint8Array
  readonly count: number
  readonly bytes: number
}

/** Fast: sightings that are new are few, and each is kept for long. */
const GZIP_LEVEL = 6

export function packSighting(seen: readonly PlanSeen[]): PackedSighting {
  const observations = new Map<string, string>()
  const chains = new Map<string, PackedChain>()
  const members: Member[] = []
  for (const { plan, observations: ofPlan } of seen) {
    for (const observation of ofPlan) {
      const json = withChains(observation, chains)
      const digest = sha256(observationKey(json))
      members.push({ plan, observation: digest })
      if (!observations.has(digest)) observations.set(digest, JSON.stringify(json))
    }
  }
  members.sort((a, b) => (memberKey(a) < memberKey(b) ? -1 : 1))
  return { digest: sha256(JSON.stringify(members)), members, observations, chains }
}

/**
 * Of what one hello met, at all addresses: as the store tells one sight from the next. What was asked beside it of
 * max_fragment_length is left out: it is not asked in every round.
 */
export function sightDigest(observations: readonly Observation[]): string {
  const digests = observations.map((observation) => sha256(observationKey(told(observation))))
  return sha256(digests.sort().join('\n'))
}

/** What the JSON of `withChains` tells of it, without the detour. */
function told(observation: Observation): object {
  return {
    schema: OBSERVATION_SCHEMA,
    ...observation,
    fragmentLengths: undefined,
    connections: observation.connections.map((connection) => ({
      ...connection,
      chain: connection.chain && {
        ...connection.chain,
        certificates: [{ chain: chainDigest(connection.chain.certificates) }],
      },
    })),
  }
}

/** Certificates stand in `chain`: `[{"chain": digest}]` in their place. */
function withChains(
  observation: Observation,
  chains: Map<string, PackedChain>,
): { readonly [key: string]: Json } {
  const json = observationToJson({
    ...observation,
    connections: observation.connections.map((connection) => ({
      ...connection,
      chain: connection.chain && { ...connection.chain, certificates: [] },
    })),
  })
  const connections = (json.connections as readonly { readonly [key: string]: Json }[]).map(
    (connection, at) => {
      const ders = observation.connections[at]?.chain?.certificates
      if (ders === undefined) return connection
      const body = chainBody(ders)
      const digest = sha256(body)
      const bytes = ders.reduce((sum, der) => sum + der.length, 0)
      chains.set(digest, { body, count: ders.length, bytes })
      const chain = connection.chain as { readonly [key: string]: Json }
      return { ...connection, chain: { ...chain, certificates: [{ chain: digest }] } }
    },
  )
  return { ...json, connections }
}

export async function insertSightings(
  queries: Queries,
  sightings: readonly PackedSighting[],
  now: Date,
): Promise<void> {
  const chains = merged(sightings.map((one) => one.chains))
  if (chains.size > 0) {
    const rows = [...chains].map(([digest, { body, count, bytes }]) => ({
      digest: digestBytes(digest),
      certificates: body,
      certificate_count: count,
      chain_bytes: bytes,
    }))
    await queries.query(
      `insert into chain select digest, certificates, certificate_count, chain_bytes, $2::timestamptz
       from jsonb_to_recordset($1::jsonb) as t (digest bytea, certificates bytea, certificate_count integer,
         chain_bytes integer) on conflict do nothing`,
      [bulk(rows.sort(byDigest)), now],
    )
  }
  const observations = merged(sightings.map((one) => one.observations))
  if (observations.size > 0) {
    const rows = [...observations].map(([digest, text]) => {
      return { digest: digestBytes(digest), body: gzipSync(text, { level: GZIP_LEVEL }) }
    })
    await queries.query(
      `insert into observation select digest, body, $2::timestamptz
       from jsonb_to_recordset($1::jsonb) as t (digest bytea, body bytea) on conflict (digest) do update set put_at = excluded.put_at`,
      [bulk(rows.sort(byDigest)), now],
    )
  }
  const members = new Map(sightings.map((one) => [one.digest, one.members]))
  if (members.size > 0) {
    const rows = [...members].map(([digest, members]) => ({ digest: digestBytes(digest), members }))
    await queries.query(
      `insert into sighting select digest, members, $2::timestamptz
       from jsonb_to_recordset($1::jsonb) as t (digest bytea, members jsonb) on conflict (digest) do update set put_at = excluded.put_at`,
      [bulk(rows.sort(byDigest)), now],
    )
  }
}

/** What a sighting saw, plan by plan; times are those of the first time that it was seen so. Undefined where it is gone. */
export async function readSighting(queries: Queries, digest: Uint8Array): Promise<PlanSeen[] | undefined> {
  const [row] = await queries.query<{ members: Member[] }>('select members from sighting where digest = $1', [
    digest,
  ])
  if (row === undefined) return undefined
  const digests = [...new Set(row.members.map(({ observation }) => observation))]
  const bodies = await queries.query<{ digest: Uint8Array; body: Uint8Array }>(
    'select digest, body from observation where digest = any($1::bytea[])',
    [digests.map(digestBytes)],
  )
  const json = new Map(
    bodies.map(({ digest, body }) => [hexDigest(digest), JSON.parse(gunzipSync(body).toString('utf8'))]),
  )
  const chains = await readChains(queries, [...new Set([...json.values()].flatMap(chainsIn))])
  const byPlan = new Map<string, Observation[]>()
  for (const { plan, observation } of row.members) {
    const found = json.get(observation)
    if (found === undefined) return undefined
    const list = byPlan.get(plan) ?? []
    list.push(observationFromJson(withCertificates(found, chains)))
    byPlan.set(plan, list)
  }
  return [...byPlan].map(([plan, observations]) => ({ plan, observations }))
}

/** DER of each, by digest (hex). */
async function readChains(
  queries: Queries,
  digests: readonly string[],
): Promise<ReadonlyMap<string, readonly Uint8Array[]>> {
  if (digests.length === 0) return new Map()
  const rows = await queries.query<{ digest: Uint8Array; certificates: Uint8Array }>(
    'select digest, certificates from chain where digest = any($1::bytea[])',
    [digests.map(digestBytes)],
  )
  return new Map(rows.map(({ digest, certificates }) => [hexDigest(digest), cutChain(certificates)]))
}

interface StoredObservation {
  readonly connections: readonly {
    readonly chain: { readonly certificates: readonly { readonly chain: string }[] } | null
  }[]
}

function chainsIn({ connections }: StoredObservation): string[] {
  return connections.flatMap(({ chain }) => chain?.certificates.map((one) => one.chain) ?? [])
}

function withCertificates(
  observation: StoredObservation,
  chains: ReadonlyMap<string, readonly Uint8Array[]>,
): unknown {
  const connections = observation.connections.map((connection) => {
    const { chain } = connection
    if (chain === null) return connection
    const ders = chain.certificates.flatMap((one) => chains.get(one.chain) ?? [])
    return {
      ...connection,
      chain: { ...chain, certificates: ders.map((der) => Buffer.from(der).toString('base64')) },
    }
  })
  return { ...observation, connections }
}

/** Each certificate stands behind its length in 4 bytes. */
function cutChain(body: Uint8Array): Uint8Array[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const certificates: Uint8Array[] = []
  for (let at = 0; at + 4 <= body.length; ) {
    const end = at + 4 + view.getUint32(at)
    certificates.push(body.slice(at + 4, end))
    at = end
  }
  return certificates
}

function memberKey({ plan, observation }: Member): string {
  return `${plan} ${observation}`
}

function merged<Value>(maps: readonly ReadonlyMap<string, Value>[]): Map<string, Value> {
  return new Map(maps.flatMap((map) => [...map]))
}

/** In one order everywhere: two workers that insert the same rows wait for each other, and never in a circle. */
function byDigest(a: { readonly digest: Uint8Array }, b: { readonly digest: Uint8Array }): number {
  return Buffer.compare(a.digest, b.digest)
}

function sha256(data: Uint8Array | string): string {
  return hash('sha256', data)
}
