import { isTls13 } from '../tls/versions.ts'
import type { Direction, TlsSession } from './session.ts'

/** How far a session came, as far as its records tell. */
export interface SessionProgress {
  /** Both sides sent their Finished. */
  readonly established: boolean
  /** Records of application data, handshake messages and alerts of TLS 1.3 left out as far as they can be told. */
  readonly dataRecords: Readonly<Record<Direction, number>>
}

/** TLS 1.3 hides its handshake in application data: opened records tell exactly, others by their order. */
export function progressOf(session: TlsSession): SessionProgress {
  const { serverHello, applicationDataRecords, encryptedHandshakeRecords, unopenedRecords } = session
  const late = serverHello !== undefined && isTls13(serverHello.version)
  if (!late) {
    const { c2s, s2c } = encryptedHandshakeRecords
    return { established: c2s > 0 && s2c > 0, dataRecords: applicationDataRecords }
  }
  if (session.decrypted && unopenedRecords.c2s === 0 && unopenedRecords.s2c === 0) {
    const finished = (sender: Direction) =>
      session.messages.some(({ direction, name }) => direction === sender && name === 'Finished')
    return { established: finished('c2s') && finished('s2c'), dataRecords: session.openedDataRecords }
  }
  // The client's first record is its Finished, or an alert.
  return {
    established: applicationDataRecords.c2s >= 2,
    dataRecords: {
      c2s: Math.max(0, applicationDataRecords.c2s - 1),
      s2c: Math.max(0, applicationDataRecords.s2c - session.encryptedServerRecordsBeforeClient.length),
    },
  }
}
