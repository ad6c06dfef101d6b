import {
  certificates,
  curl,
  handshake,
  handshakeRecord,
  library,
  message,
  node,
  type Referee,
  record,
} from './referee-clients.ts'

/** What a check that is switched off lets through. */
const anything = ['unknown-ca', 'wrong-name', 'expired'] as const

/**
 * In the clear BearSSL reads records in pieces, whatever its buffer: ssl_engine.c, recvrec_ack. What the buffer limits are
 * records of data; with a smaller one it asks for max_fragment_length, which the server keeps to, and nothing is told.
 */
const bearssl = (buffer: number): Referee => library('bearssl', { buffer }, [message('none')])

/** `SSL_CTX_set_max_cert_list` counts the bytes behind the header of the message. */
const HEADER = 4
const openssl = (buffer: number): Referee =>
  library('openssl', { buffer }, [message(buffer, HEADER), record('none')])

const mbedtls = (build: string, inContentLen: number): Referee =>
  library(build, {}, [message(inContentLen), record(inContentLen)])

/** Every client by its stack, with those first that tell most: they are run each time, the others with `MEASURE_MATRIX=all`. */
export const matrix: {
  readonly [stack: string]: { readonly always: readonly Referee[]; readonly more: readonly Referee[] }
} = {
  bearssl: {
    always: [bearssl(4096)],
    more: [bearssl(2000), bearssl(3333), bearssl(16_709)],
  },
  mbedtls: {
    always: [mbedtls('mbedtls-2.28-in-4096', 4096)],
    more: [
      // From 3.6.3 on messages are joined: what is cut may be larger by the room that sealed records need.
      library('mbedtls-3.6-in-4096', {}, [handshakeRecord(4096), record(4096)]),
      // Too small for the smallest pair of certificates: of the message nothing is told.
      library('mbedtls-2.28-in-1500', {}, [record(1500)]),
      library('mbedtls-2.28-no-sha512', {}, [message(16_384), record('none')]),
      library('mbedtls-2.28-mpi-256', {}, [message(16_384), record('none')]),
      library('mbedtls-2.28-intermediates-2', {}, [certificates(3)]),
      library('mbedtls-2.28-no-time-date', {}, [message(16_384)], ['expired']),
      library('mbedtls-2.28-in-4096', { verify: 'none' }, [message(4096)], anything),
    ],
  },
  openssl: {
    always: [openssl(7777), library('openssl', { name: null }, [message('none')], ['wrong-name'])],
    more: [
      openssl(5001),
      openssl(20_011),
      library('openssl', { verify: 'none' }, [message('none')], anything),
    ],
  },
  gnutls: {
    always: [library('gnutls', { buffer: 6001 }, [handshake(6001)])],
    more: [library('gnutls', { buffer: 9999 }, [handshake(9999)])],
  },
  wolfssl: {
    always: [library('wolfssl-5.5-small', {}, [message(4096, HEADER), certificates(3)])],
    more: [library('wolfssl', {}, [message(18_462, HEADER), certificates(9)])],
  },
  curl: {
    always: [],
    more: [curl([]), curl(['--insecure'], anything)],
  },
  node: {
    always: [node('name', ['wrong-name'])],
    more: [node('nothing'), node('verification', anything)],
  },
}
