/** What one connection of the device showed. Facts only: what they say of a question is told by its topic. */
export interface Outcome {
  readonly at: Date
  /** Address of the device, without its port. */
  readonly address: string
  /** Name or address by which devices ask for the measuring server. */
  readonly host: string
  /** The records of the ClientHello, as received; undefined: none came, or it was broken. */
  readonly hello: Uint8Array | undefined
  /** How far it came. `answered`: what the serving's answer asks for was sent whole. */
  readonly reached: 'connected' | 'hello' | 'established' | 'request' | 'answered'
  /** Code of the version and the suite chosen. */
  readonly version: number | undefined
  readonly suite: number | undefined
  readonly resumed: boolean
  /** What it did with a HelloRequest; undefined: none was sent. */
  readonly renegotiation: 'accepted' | 'refused' | 'ignored' | undefined
  /** Descriptions of alerts received, in order, close_notify left out; one that came under encryption counts. */
  readonly alerts: readonly number[]
  readonly requests: readonly RequestSeen[]
  /** It sent a request in the clear to where TLS is spoken, while it was looked for: a redirect was followed. */
  readonly cameInPlain: boolean
  /** `kept`: the device still waited when the time given to it was over, and was sent away. */
  readonly end: 'closed' | 'reset' | 'kept'
  /** The device said close_notify before it closed; undefined where OpenSSL hides it, in TLS 1.3. */
  readonly closeNotify: boolean | undefined
  /** From the last byte that was sent for the question to the end. */
  readonly waitedMs: number
  /** Sizes as they were really sent. */
  readonly sent: SentSizes
}

/** Head of a request, secrets blanked; or an MQTT CONNECT. */
export interface RequestSeen {
  readonly kind: 'http' | 'mqtt' | 'other'
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headBytes: number
  /** Names in lower case, in order. */
  readonly headerNames: readonly string[]
  readonly range: string | undefined
  readonly connection: string | undefined
}

export interface SentSizes {
  /** DER of each certificate sent, the leaf first. */
  readonly certificateBytes: readonly number[]
  /** Those of the path, the root left out: the first so many. */
  readonly pathCertificates: number
  /** The Certificate message with its header. */
  readonly messageBytes: number
  /** Largest plaintext of a record of the first flight; of what OpenSSL seals in TLS 1.3 nothing is known. */
  readonly flightRecordBytes: number
  /**
   * Handshake messages of the server before its ChangeCipherSpec; TLS 1.3: its ServerHello, or all of them where its records
   * are our own. 0: it sent none.
   */
  readonly flightBytes: number
  /** Those of the device before its own, the hello among them. */
  readonly deviceFlightBytes: number
  /** Plaintext of the largest record of application data. */
  readonly dataRecordBytes: number
  /** Of the largest response head. */
  readonly headBytes: number
}
