/** What was seen of the records of a connection. */
export class Passed {
  /** Descriptions of alerts received: before encryption; where the records are our own, all of them. */
  readonly alerts: number[] = []
  /** Records of type alert received under OpenSSL's encryption of TLS 1.2 and before. */
  sealedAlerts = 0
  /** Plaintext of the largest handshake record sent, as far as it is known: OpenSSL's in the clear only. */
  flightRecordBytes = 0
  /** Handshake messages sent, as far as they are known; those received in the clear. */
  flightBytes = 0
  receivedFlightBytes = 0
  /** The largest record of data sent: its plaintext, or what OpenSSL sealed it to. */
  sealedRecordBytes = 0
}

/** The server's TLS on one connection, whoever makes its records. */
export interface TlsSide {
  readonly passed: Passed
  /** Code; undefined before the handshake is done. */
  readonly version: number | undefined
  readonly resumed: boolean
  /** One write is one record, as long as it is no longer than a record may be. */
  write(bytes: Uint8Array): Promise<void>
  /** Says close_notify, and closes. */
  end(): void
  destroy(): void
  /** Stops to listen: what comes next gets no answer. */
  deafen(): void
  /** Sends a HelloRequest, RFC 5246 §7.4.1.1, and tells when the device has shaken hands anew. */
  renegotiate(done: () => void): void
}

/** What a side tells. */
export interface TlsSideEvents {
  readonly established: () => void
  readonly received: (bytes: Buffer) => void
  /** The handshake failed, or the connection broke; what the device said is among the alerts that passed. */
  readonly failed: (error: Error | undefined) => void
  /** The device has closed its half. */
  readonly ended: () => void
}
