import { contentTypes } from '../../src/tls/content-types.ts'
import { RECORD_HEADER_BYTES, RecordReader } from '../../src/tls/record-reader.ts'
import type { Turn } from './ip-writer.ts'

/** What one side's records show from outside, without keys. */
export interface WireRecords {
  /** Bytes of that side up to the end of its handshake, headers included. */
  readonly handshakeBytes: number
  /** Of all records after it: data, and the tickets of TLS 1.3. Fragments, without header. */
  readonly dataRecords: number
  readonly largestData: number
  readonly totalBytes: number
}

/**
 * The server's side of one connection. Its handshake is over when the client has sent its last flight and, in TLS 1.2,
 * the server its ChangeCipherSpec and Finished; in TLS 1.3 what follows the client's flight is tickets and data.
 */
export function serverRecords(turns: readonly Turn[]): WireRecords {
  const readers = { client: new RecordReader(), server: new RecordReader() }
  const found = { handshakeBytes: 0, dataRecords: 0, largestData: 0, totalBytes: 0 }
  let clientDone = false
  let inHandshake = true
  for (const { from, data } of turns) {
    readers[from].push(data)
    for (let record = readers[from].next(); record !== undefined; record = readers[from].next()) {
      const isData = record.contentType === contentTypes.application_data.code
      if (from === 'client') {
        // Its first encrypted record: Finished in TLS 1.3, the request in TLS 1.2.
        if (isData) clientDone = true
        continue
      }
      const bytes = RECORD_HEADER_BYTES + record.fragment.length
      found.totalBytes += bytes
      if (inHandshake && isData && clientDone) inHandshake = false
      if (inHandshake) {
        found.handshakeBytes += bytes
      } else if (isData) {
        found.dataRecords++
        found.largestData = Math.max(found.largestData, record.fragment.length)
      }
    }
  }
  return found
}
