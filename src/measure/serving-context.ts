import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Serving } from '../exam/serving.ts'
import type { ResumableSessions } from './resumable-sessions.ts'
import type { ServedChain } from './served-chain.ts'

/**
 * OpenSSL's side of a serving. Each connection has one of its own, so that no session of an earlier one is taken up and
 * every handshake sends its certificates, but where resumption is the question. Throws where this OpenSSL does not know the group or the suites.
 */
export function openServingContext({
  serving,
  chain,
  sessions,
}: {
  serving: Serving
  chain: ServedChain
  sessions: ResumableSessions
}): SecureContext {
  const [leaf] = chain.sent
  return createSecureContext({
    cert: chain.sent.map(({ pem }) => pem).join(''),
    key: leaf!.key.export({ type: 'pkcs8', format: 'pem' }),
    minVersion: 'TLSv1',
    maxVersion: serving.maxVersion,
    // What devices can do is asked for, not what is safe: keys and hashes of every size are let through.
    ciphers: `${serving.suites ?? 'ALL'}:@SECLEVEL=0`,
    ecdhCurve: serving.group ?? 'auto',
    ...(serving.resumption
      ? { ticketKeys: sessions.ticketKeys, sessionIdContext: SESSION_CONTEXT }
      : { secureOptions: constants.SSL_OP_NO_TICKET }),
  })
}

/** OpenSSL takes up a session by its id only in the context that it was made in. */
const SESSION_CONTEXT = 'tlsfit measure'
