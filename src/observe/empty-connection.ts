import type { Connection } from './observation.ts'

/** A connection of which nothing is known yet. */
export const emptyConnection: Connection = {
  role: 'first',
  host: undefined,
  address: undefined,
  port: undefined,
  hello: undefined,
  messages: [],
  negotiated: undefined,
  chain: undefined,
  clientCertificateRequest: undefined,
  clientCertificateSent: false,
  alerts: [],
  establishedAtMs: undefined,
  keyExchange: undefined,
  handshakeBytesReceived: 0,
  records: [],
  exchanges: [],
  mqtt: undefined,
  close: undefined,
  violation: undefined,
  standardVerification: undefined,
}
