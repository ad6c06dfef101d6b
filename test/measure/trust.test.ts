import { readFileSync } from 'node:fs'
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { securityFindings } from '../../src/exam/security-findings.ts'
import { measureClient, type Visit } from '../support/measuring-loop.ts'

/** Connections until all that is decisive of trust was asked. */
const untilTrust = ['verification', 'own-records', 'chain', 'data-record'] as const

/** A client on OpenSSL that trusts by a rule of its own: what `refuses` says ends the connection before it asks. */
function clientThat(refuses: (socket: TLSSocket) => boolean) {
  return ({ port, anchors }: Visit) =>
    new Promise((done) => {
      const socket = connect({
        port,
        host: '127.0.0.1',
        servername: 'fw.example',
        ca: readFileSync(anchors),
        rejectUnauthorized: false,
      })
      socket.once('secureConnect', () => {
        if (refuses(socket)) socket.destroy()
        else socket.write('GET / HTTP/1.1\r\nHost: fw.example\r\n\r\n')
      })
      socket.on('data', () => {})
      socket.on('error', () => {})
      socket.once('close', done)
    })
}

/** Its code; of a chain that it finds nothing wrong with OpenSSL has none. */
const errorOf = ({ authorizationError }: TLSSocket): string | undefined =>
  authorizationError ? String(authorizationError) : undefined
const NO_ISSUER = [
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]
const BY_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID'
const isMisnamed = (socket: TLSSocket) =>
  checkServerIdentity('fw.example', socket.getPeerCertificate()) !== undefined

async function found(refuses: (socket: TLSSocket) => boolean) {
  const { exam } = await measureClient(clientThat(refuses), untilTrust)
  return securityFindings(exam).map(({ id, onlyIn }) => (onlyIn === undefined ? id : `${id} ${onlyIn}`))
}

test('a client that lets pass what it finds no issuer of is found, though it verifies signatures and names', async () => {
  const taken = await found((socket) => {
    const error = errorOf(socket)
    return (error !== undefined && !NO_ISSUER.includes(error)) || isMisnamed(socket)
  })
  expect(taken).toEqual(['unknown-ca'])
}, 60_000)

test('one that trusts a root which the server itself sends is found', async () => {
  const taken = await found((socket) => {
    const error = errorOf(socket)
    return (error !== undefined && error !== 'SELF_SIGNED_CERT_IN_CHAIN') || isMisnamed(socket)
  })
  expect(taken).toEqual(['unknown-ca-root-sent'])
}, 60_000)

test('one that compares only the end of a name is found', async () => {
  const taken = await found((socket) => {
    const error = errorOf(socket)
    const names = (socket.getPeerCertificate().subjectaltname ?? '').split(', ')
    return (error !== undefined && error !== BY_NAME) || !names.some((name) => name.endsWith('fw.example'))
  })
  expect(taken).toEqual(['neighbour-name'])
}, 60_000)

test('one that verifies in TLS 1.2 alone is found, with the version', async () => {
  const taken = await found((socket) => socket.getProtocol() !== 'TLSv1.3' && errorOf(socket) !== undefined)
  expect(taken).toEqual(expect.arrayContaining(['unknown-ca TLSv1.3', 'wrong-name TLSv1.3', 'expired']))
}, 60_000)
