import { readFileSync } from 'node:fs'
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { securityFindings } from '../../src/exam/security-findings.ts'
import type { TopicId } from '../../src/exam/topic.ts'
import { checkFound } from '../../src/exam/topics/verification.ts'
import { buildOf, runClient } from '../clients/clients.ts'
import { measureClient, type Visit } from '../support/measuring-loop.ts'

/** Connections until all that is decisive of trust was asked. */
const untilTrust = ['verification', 'own-records', 'chain', 'data-record'] as const
const untilAllTrust = [...untilTrust, 'more-verification'] as const

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

async function found(refuses: (socket: TLSSocket) => boolean, until: readonly TopicId[] = untilTrust) {
  const { exam } = await measureClient(clientThat(refuses), until)
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

test('one that takes any purpose, an expired intermediate and the address that it came to is found, check by check', async () => {
  const taken = await found((socket) => {
    const error = errorOf(socket)
    const certificate = socket.getPeerCertificate()
    const leafExpired = Date.parse(certificate.valid_to) < Date.now()
    const isExcused = error === 'INVALID_PURPOSE' || (error === 'CERT_HAS_EXPIRED' && !leafExpired)
    const isAddress = certificate.subjectaltname === `IP Address:${socket.remoteAddress}`
    return (error !== undefined && error !== BY_NAME && !isExcused) || (isMisnamed(socket) && !isAddress)
  }, untilAllTrust)
  // RSA-1024 is not of our doing: OpenSSL's own level of security lets it pass.
  expect(taken).toEqual(['address-only', 'expired-intermediate', 'client-certificate', 'rsa-1024'])
}, 240_000)

test.skipIf(buildOf('bearssl') === undefined)(
  'BearSSL looks at no extendedKeyUsage, x509_minimal.t0, and is found to take a certificate for clients',
  async () => {
    const { exam } = await measureClient(
      ({ port, anchors }) => runClient('bearssl', { port, sni: 'fw.example', anchors, request: 'GET /' }),
      untilAllTrust,
    )
    expect(securityFindings(exam).map(({ id }) => id)).toContain('client-certificate')
    expect(checkFound(exam, 'expired-intermediate')).toBe('refuses')
    expect(checkFound(exam, 'address-only')).toBe('refuses')
  },
  240_000,
)
