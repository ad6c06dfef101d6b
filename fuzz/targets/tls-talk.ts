import { cipherSuites } from '../../src/tls/cipher-suites.ts'
import { TlsClient } from '../../src/tls/client.ts'
import { expandKeys, type Randoms } from '../../src/tls/key-schedule.ts'
import { nextTrafficSecret, trafficKeys } from '../../src/tls/key-schedule-13.ts'
import { namedGroups } from '../../src/tls/named-groups.ts'
import { type AeadProtection, protectionOf } from '../../src/tls/record-ciphers.ts'
import {
  createOpener,
  createSealer,
  keySizes,
  type Opener,
  type Sealer,
} from '../../src/tls/record-protection.ts'
import { createOpener13, createSealer13, type InnerOpener } from '../../src/tls/record-protection-13.ts'
import { RecordReader, type TlsRecord } from '../../src/tls/record-reader.ts'
import type { Cut } from '../../src/tls/server/cutting.ts'
import { TlsServer } from '../../src/tls/server/server.ts'
import type { Step } from '../../src/tls/step.ts'
import type { TlsEvent } from '../../src/tls/tls-event.ts'
import { offer13Of, offerOf } from '../../test/support/offers.ts'
import { record } from '../../test/support/tls-turns.ts'
import { must, mustEqual } from '../fuzz-target.ts'

export type Version = '1.2' | '1.3'

const suite13 = 'TLS_AES_128_GCM_SHA256'
const suite12 = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
const extensions = [{ kind: 'extended_master_secret' }, { kind: 'max_fragment_length', bytes: 4096 }] as const
const offers = {
  '1.2': offerOf([suite12], { extensions: [...extensions] }),
  '1.3': offer13Of({ suites: [suite13, suite12], offered: [0x0304, 0x0303], extensions: [...extensions] }),
}

/** Offers TLS 1.2 alone, or 1.3 with it; the same bytes each time. */
export function newClient(version: Version): TlsClient {
  return new TlsClient({ offer: offers[version], seed: new Uint8Array(32).fill(3), keyLog: true })
}

/**
 * Says the same each time: its leaf holds no key that could be read, so that its signature, of any bytes, is not checked,
 * and no case costs one.
 */
export function newServer(cut: Cut = (messages) => messages): TlsServer {
  return new TlsServer({
    means: {
      ...{ maxVersion: 0x0304, leafKey: 'rsa', leafCurve: undefined, groups: [namedGroups.x25519.code] },
      ...{ onlyRsaKeyExchange: false, rsaSignature: 'pkcs1' },
    },
    certificates: [new Uint8Array(300).fill(1)],
    signer: { curve: undefined, sign: () => new Uint8Array(256).fill(7) },
    decrypt: () => undefined,
    seed: new Uint8Array(32).fill(5),
    cut,
    agreesToSizes: true,
  })
}

/** All that an engine said and told of. */
export class Heard {
  readonly events: TlsEvent[] = []
  readonly #sent: Uint8Array[] = []

  take({ events, send }: Step): Uint8Array {
    this.events.push(...events)
    if (send.length > 0) this.#sent.push(send)
    return send
  }

  get sent(): Buffer {
    return Buffer.concat(this.#sent)
  }

  secret(label: string): Uint8Array {
    const found = this.events.find((event) => event.kind === 'secret' && event.label === label)
    must(found?.kind === 'secret', `a secret ${label} is there`)
    return found.secret
  }

  /** What holds for either engine whatever it was given. */
  check(): void {
    must(recordsOf(this.sent).whole, 'whole records are sent')
    const ends = this.events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')
    must(ends.length <= 1, 'it ends once')
    must(ends.length === 0 || this.events.at(-1) === ends[0], 'nothing follows the end')
    const established = this.events.findIndex(({ kind }) => kind === 'established')
    const data = this.events.findIndex(({ kind }) => kind === 'application-data')
    must(data < 0 || (established >= 0 && established < data), 'no data before the handshake is done')
  }

  /** In few words. */
  get outcome(): string {
    const last = this.events.at(-1)
    const alert = this.events.findLast((event) => event.kind === 'alert')
    const why =
      last?.kind === 'stopped' ? `${last.reason} ${last.detail.replaceAll(/\d+/g, '#').slice(0, 50)}` : ''
    const where = last?.kind === 'malformed' ? last.field.replaceAll(/\.\d+/g, '.#') : ''
    const kinds = new Set(this.events.map(({ kind }) => kind)).size
    return `${last?.kind} ${why}${where} ${alert?.description} ${kinds}`
  }

  /** Without what shows how far the bytes had come when they were seen to be no TLS. */
  get told(): readonly unknown[] {
    return this.events.map((event) =>
      event.kind === 'stopped' && event.reason === 'not-tls' ? { ...event, detail: '' } : event,
    )
  }
}

/**
 * What holds for either engine and what came of it in few words. `heard`: of `rest` as it is, `inPieces`: of the same in pieces.
 */
export function checkEngine(
  engine: TlsClient | TlsServer,
  heard: Heard,
  inPieces: Heard,
  rest: Uint8Array,
): string {
  mustEqual(inPieces.told, heard.told, 'what comes in pieces is heard as the whole is')
  mustEqual(inPieces.sent, heard.sent, 'the answer to pieces is the answer to the whole')
  heard.check()
  if (engine.finished) {
    const { events, send } = engine.receive(rest, 0)
    must(events.length === 0 && send.length === 0, 'it is silent after its end')
  }
  return `${engine.established} ${heard.outcome}`
}

export function recordsOf(bytes: Uint8Array): { readonly records: TlsRecord[]; readonly whole: boolean } {
  const reader = new RecordReader()
  reader.push(bytes)
  const records: TlsRecord[] = []
  for (let one = reader.next(); one !== undefined; one = reader.next()) records.push(one)
  return { records, whole: reader.buffered === 0 }
}

/** A record before it is protected. */
export interface Plain {
  readonly contentType: number
  readonly content: Uint8Array
}

/** Records as an input names them: content type, length in two bytes, content; the last may be cut short. */
export function plainsIn(input: Uint8Array): Plain[] {
  const plains: Plain[] = []
  for (let at = 0; at + 3 <= input.length; ) {
    const length = (input[at + 1]! << 8) | input[at + 2]!
    plains.push({ contentType: input[at]!, content: input.subarray(at + 3, at + 3 + length) })
    at += 3 + length
  }
  return plains
}

export function writePlains(plains: readonly Plain[]): Uint8Array {
  return Buffer.concat(
    plains.flatMap(({ contentType, content }) => [
      Uint8Array.of(contentType, content.length >> 8, content.length & 0xff),
      content,
    ]),
  )
}

const hash = 'sha256'
const aead = (suite: keyof typeof cipherSuites, version: number) =>
  protectionOf(cipherSuites[suite], { encryptThenMac: false, version }) as AeadProtection

/** Protects as a side of TLS 1.3 that has this traffic secret. */
export function sealing13(secret: Uint8Array): Sealing {
  const protection = aead(suite13, 0x0304)
  let now = secret
  let sealer = createSealer13(protection, trafficKeys(hash, now, protection.keyBytes))
  return (plain) => {
    const sealed = wire(sealer, plain)
    if (isKeyUpdate(plain)) {
      now = nextTrafficSecret(hash, now)
      sealer = createSealer13(protection, trafficKeys(hash, now, protection.keyBytes))
    }
    return sealed
  }
}

/** The other end of `sealing13`, without its changes of keys. */
export function opening13(secret: Uint8Array): InnerOpener {
  const protection = aead(suite13, 0x0304)
  return createOpener13(protection, trafficKeys(hash, secret, protection.keyBytes))
}

/** One record as it goes on the wire. */
export type Sealing = (plain: Plain) => Uint8Array

/** Keys of TLS 1.2 from a master secret, `firstSequence` records after they came into use. */
export function keys12(
  master: Uint8Array,
  randoms: Randoms,
  side: 'client' | 'server',
  firstSequence: number,
): { readonly seal: Sealing; readonly opener: Opener } {
  const protection = aead(suite12, 0x0303)
  const keys = expandKeys(hash, master, randoms, keySizes(protection))[side]
  const sealer = createSealer(protection, keys, () => new Uint8Array(16), firstSequence)
  return { seal: (plain) => wire(sealer, plain), opener: createOpener(protection, keys, firstSequence) }
}

function wire(sealer: Sealer, { contentType, content }: Plain): Uint8Array {
  const fragment = Buffer.concat(sealer.seal(contentType, 0x0303, content))
  return record(sealer.outerType ?? contentType, fragment)
}

/** KeyUpdate, alone in its record, RFC 8446 §4.6.3. */
function isKeyUpdate({ contentType, content }: Plain): boolean {
  return (
    contentType === 22 && content.length === 5 && content[0] === 24 && content[3] === 1 && content[4]! <= 1
  )
}

/** From a whole hello of either side: version, then 32 bytes, in the first record of a flight. */
export function randomIn(flight: Uint8Array): Uint8Array {
  return flight.subarray(11, 43)
}
