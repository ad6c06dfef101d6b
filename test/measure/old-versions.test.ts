import { readFileSync } from 'node:fs'
import { type ConnectionOptions, connect } from 'node:tls'
import { expect, test } from 'vitest'
import type { Exam } from '../../src/exam/exam.ts'
import { otherVersionOf } from '../../src/exam/other-version.ts'
import { securityFindings } from '../../src/exam/security-findings.ts'
import { fragmentsFound } from '../../src/exam/topics/fragments.ts'
import { oldVersionFound, sentinelFound } from '../../src/exam/topics/old-versions.ts'
import { buildOf } from '../clients/clients.ts'
import { visitOf } from '../support/measure-client.ts'
import { measureTopics } from '../support/measure-topics.ts'
import type { Visit } from '../support/measuring-loop.ts'

const topics = ['old-versions'] as const

const node =
  (options: ConnectionOptions) =>
  ({ port, anchors }: Visit) =>
    new Promise((done) => {
      const ca = readFileSync(anchors)
      const socket = connect({ port, host: '127.0.0.1', servername: 'fw.example', ca, ...options })
      socket.once('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: fw.example\r\n\r\n'))
      socket.on('data', () => {})
      socket.on('error', () => {})
      socket.once('close', done)
    })

const told = (exam: Exam) => [oldVersionFound(exam, 'TLSv1.1'), oldVersionFound(exam, 'TLSv1')]
const findings = (exam: Exam) => securityFindings(exam).map(({ id, severity }) => [id, severity])

test('OpenSSL that is held to no version takes TLS 1.1 and 1.0', async () => {
  const lax = { minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const exam = await measureTopics(node(lax), topics)
  expect(told(exam)).toEqual(['takes', 'takes'])
  expect(findings(exam)).toEqual([
    ['TLSv1.1', 'medium'],
    ['TLSv1', 'medium'],
  ])
}, 240_000)

test('one whose lowest is TLS 1.1 takes that alone', async () => {
  const lax = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.2', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const exam = await measureTopics(node(lax), topics)
  expect(told(exam)).toEqual(['takes', 'refuses'])
  expect(findings(exam)).toEqual([['TLSv1.1', 'medium']])
}, 240_000)

test('one of TLS 1.2 alone, which its hello does not say, refuses both', async () => {
  const exam = await measureTopics(node({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }), topics)
  expect(told(exam)).toEqual(['refuses', 'refuses'])
  expect(findings(exam)).toEqual([])
}, 240_000)

test('Node lists TLS 1.3 and 1.2, and looks whether it was taken back to 1.2', async () => {
  const exam = await measureTopics(node({}), topics)
  expect(told(exam)).toEqual(['not-offered', 'not-offered'])
  expect(sentinelFound(exam)).toBe('honours')
  expect(findings(exam)).toEqual([])
}, 240_000)

test('several messages in a record are asked in both versions of a device that speaks both', async () => {
  const exam = await measureTopics(node({}), ['own-records', 'fragments', 'other-version'])
  expect(fragmentsFound(exam).merged).toBe(true)
  const other = otherVersionOf(exam)
  expect(other?.baseline?.serving.engine).toBe('own')
  expect(other && fragmentsFound(other).merged).toBe(true)
}, 240_000)

test.skipIf(buildOf('mbedtls-2.28-in-4096') === undefined)(
  'Mbed TLS 2.28 from TLS 1.0 on takes both, and from 1.2 on neither',
  async () => {
    const lax = visitOf('mbedtls-2.28-in-4096', { minVersion: '1.0', maxVersion: '1.2' })
    expect(told(await measureTopics(lax, topics))).toEqual(['takes', 'takes'])
    const strict = visitOf('mbedtls-2.28-in-4096', { minVersion: '1.2', maxVersion: '1.2' })
    expect(told(await measureTopics(strict, topics))).toEqual(['refuses', 'refuses'])
  },
  240_000,
)
