import { Decapsulator } from '../capture/decapsulator.ts'
import { decryptWith } from '../capture/decryption.ts'
import { KeyLogReader } from '../capture/key-log.ts'
import { type ModemTrace, ModemTraceReader } from '../capture/modem-trace.ts'
import type { Packet } from '../capture/packet.ts'
import { SessionReader } from '../capture/read-sessions.ts'
import { MAX_SECRETS, SecretStore } from '../capture/secret-store.ts'
import type { TlsSession } from '../capture/session.ts'
import { readCaptureStream } from './capture-file.ts'
import { fileChunks } from './file-chunks.ts'

/** The TLS and DTLS sessions of a capture, and what is to be known of how it was read. */
export interface SessionsRead {
  readonly frames: number
  readonly sessions: readonly TlsSession[]
  readonly notes: readonly string[]
  /** AT lines and rejects of a modem trace, where the capture is of one. */
  readonly modem: ModemTrace | undefined
}

/** A capture to be read: `chunks` once, `path` again where its secrets come after its packets. */
export interface CaptureSource {
  readonly name: string
  /** undefined for standard input. */
  readonly path: string | undefined
  /** undefined for what gives its bytes only once, such as a pipe. */
  readonly totalBytes: number | undefined
  readonly chunks: AsyncIterable<Buffer>
}

export interface ReadSessionsOptions {
  /** NSS key log that opens sessions, besides those in the capture itself. */
  readonly keyLogFile?: string | undefined
  readonly onProgress?: ((bytes: number) => void) | undefined
}

/**
 * Throws `InputError` where it is no capture, or the key log cannot be read; what is wrong further on is a note, and the
 * facts up to there stay.
 */
export async function readSessions(
  { name, path, totalBytes, chunks }: CaptureSource,
  { keyLogFile, onProgress }: ReadSessionsOptions = {},
): Promise<SessionsRead> {
  const notes: string[] = []
  const secrets = new SecretStore()
  if (keyLogFile !== undefined) await readKeyLog(keyLogFile, secrets, notes)
  const first = await readOnce(name, counted(chunks, onProgress), secrets)
  if (!secrets.late) return { ...first, notes: bounded(notes, first.notes) }
  // Tools that write the keys as they come, or at the end, put them after the packets that they open.
  if (path === undefined || totalBytes === undefined) {
    const note =
      'secrets come after the packets that they open: give the capture as a file, which is read twice'
    return { ...first, notes: bounded(notes, first.notes, [note]) }
  }
  secrets.forgetAsked()
  const second = await readOnce(name, counted(fileChunks(path, 'a capture'), onProgress), secrets)
  return { ...second, notes: bounded(notes, second.notes) }
}

async function readOnce(
  name: string,
  chunks: AsyncIterable<Buffer>,
  secrets: SecretStore,
): Promise<SessionsRead> {
  const notes: string[] = []
  const onNote = (note: string) => void (notes.length < MAX_NOTES && notes.push(note))
  const reader = new SessionReader({ makeOpener: decryptWith(secrets) })
  const modem = new ModemTraceReader((frame) => decapsulator.frame(frame))
  const sink = (packet: Packet) => void (modem.datagram(packet) || reader.packet(packet))
  const decapsulator: Decapsulator = new Decapsulator(sink, onNote, modem.other)
  const end = await readCaptureStream(name, chunks, {
    onFrame: (frame) => decapsulator.frame(frame),
    onSecrets: (text) => {
      const keys = new KeyLogReader((secret) => secrets.add(secret))
      keys.push(text)
      const bad = keys.finish()
      if (bad !== undefined) onNote(`${bad}, in a secrets block`)
    },
    onNote,
  })
  decapsulator.finish()
  const sessions = reader.finish()
  if (reader.sessionsLeftOut > 0) onNote(`${reader.sessionsLeftOut} more sessions were seen and not kept`)
  if (reader.withoutHandshake > 0) {
    onNote(
      reader.withoutHandshake === 1
        ? '1 connection carries TLS records of which no handshake was captured'
        : `${reader.withoutHandshake} connections carry TLS records of which no handshake was captured`,
    )
  }
  if (secrets.leftOut > 0) onNote(`secrets past the first ${MAX_SECRETS} are left out`)
  return { frames: end.frames, sessions, notes, modem: modem.finish() }
}

/** An empty file, or one that is no key log at all, is more likely a mistake: the note says so. */
async function readKeyLog(path: string, secrets: SecretStore, notes: string[]): Promise<void> {
  const keys = new KeyLogReader((secret) => secrets.add(secret))
  let bytes = 0
  for await (const chunk of fileChunks(path, 'a key log (NSS format), as SSLKEYLOGFILE makes it')) {
    const room = MAX_KEY_LOG_BYTES - bytes
    keys.push(chunk.length <= room ? chunk : chunk.subarray(0, room))
    bytes += chunk.length
    if (bytes <= MAX_KEY_LOG_BYTES) continue
    notes.push(`the key log is read up to byte ${MAX_KEY_LOG_BYTES}`)
    break
  }
  const bad = keys.finish()
  if (bad !== undefined) notes.push(bad)
  if (keys.secrets === 0) notes.push('the key log holds no TLS secret')
}

const MAX_NOTES = 100
/** Read of one key log, whatever endless thing it may be. */
const MAX_KEY_LOG_BYTES = 1024 ** 3

function bounded(...lists: readonly (readonly string[])[]): string[] {
  return lists.flat().slice(0, MAX_NOTES)
}

async function* counted(chunks: AsyncIterable<Buffer>, onProgress: ((bytes: number) => void) | undefined) {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    onProgress?.(bytes)
    yield chunk
  }
}
