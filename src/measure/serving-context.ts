import { constants, randomBytes } from 'node:crypto'
import { createSecureContext, type SecureContext, type Server } from 'node:tls'
import { decryptWithKey } from '../crypto/rsa-decrypt.ts'
import { readSigner } from '../crypto/signature.ts'
import { ownMeans } from '../exam/own-records.ts'
import type { Serving } from '../exam/serving.ts'
import { cutEvenly } from '../tls/server/cutting.ts'
import type { TlsServerOptions } from '../tls/server/server-options.ts'
import type { ResumableSessions } from './resumable-sessions.ts'
import { rsaSignatureSchemes } from './rsa-signatures.ts'
import type { ServedChain } from './served-chain.ts'

/** Whose TLS a serving is done with, ready for one connection. */
export type TlsToServe =
  | {
      readonly engine: 'openssl'
      readonly context: SecureContext
      /** Knows the sessions that may be taken up; undefined: none may. */
      readonly sessions: Server | undefined
    }
  | { readonly engine: 'own'; readonly options: TlsServerOptions }

interface ToServe {
  readonly serving: Serving
  readonly chain: ServedChain
  readonly sessions: ResumableSessions
  /** The records of the ClientHello; undefined: not known, and taken to offer all. */
  readonly hello?: Uint8Array | undefined
}

/** Throws where the engine that the serving names cannot do what it asks for. */
export function openServingTls(wish: ToServe): TlsToServe {
  const { serving, sessions } = wish
  if (serving.engine === 'own') return { engine: 'own', options: ownOptions(wish) }
  if (serving.disturbance?.kind === 'downgrade-sentinel')
    throw new RangeError("OpenSSL's random cannot say what this serving asks for")
  return {
    engine: 'openssl',
    context: openServingContext(wish),
    sessions: serving.resumption ? sessions.server : undefined,
  }
}

/** Sizes that the device asks for are left unanswered, as by a server that does not know them: it may send any. */
function ownOptions({ serving, chain }: ToServe): TlsServerOptions {
  const means = ownMeans(serving)
  if (means === undefined) throw new RangeError('our own TLS cannot do what this serving asks for')
  const pem = chain.sent[0]!.key.export({ type: 'pkcs8', format: 'pem' }) as string
  return {
    means,
    certificates: chain.sent.map(({ der }) => der),
    signer: readSigner(pem),
    decrypt: (ciphertext) => decryptWithKey(pem, ciphertext),
    seed: randomBytes(32),
    cut: cutEvenly(serving.flight),
    agreesToSizes: false,
    saysDowngrade: serving.disturbance?.kind === 'downgrade-sentinel',
  }
}

/**
 * OpenSSL's side of a serving. Each connection has one of its own, so that no session of an earlier one is taken up and
 * every handshake sends its certificates, but where resumption is the question. Throws where this OpenSSL does not know the group or the suites.
 */
function openServingContext({ serving, chain, sessions, hello }: ToServe): SecureContext {
  const [leaf] = chain.sent
  const sigalgs = rsaSignatureSchemes(serving, hello)
  return createSecureContext({
    cert: chain.sent.map(({ pem }) => pem).join(''),
    key: leaf!.key.export({ type: 'pkcs8', format: 'pem' }),
    minVersion: 'TLSv1',
    maxVersion: serving.maxVersion,
    // What devices can do is asked for, not what is safe: keys and hashes of every size are let through.
    ciphers: `${serving.suites ?? 'ALL'}:@SECLEVEL=0`,
    ecdhCurve: serving.group ?? 'auto',
    ...(sigalgs === undefined ? {} : { sigalgs }),
    ...(serving.resumption
      ? { ticketKeys: sessions.ticketKeys, sessionIdContext: SESSION_CONTEXT }
      : { secureOptions: constants.SSL_OP_NO_TICKET }),
  })
}

/** OpenSSL takes up a session by its id only in the context that it was made in. */
const SESSION_CONTEXT = 'tlsfit measure'
