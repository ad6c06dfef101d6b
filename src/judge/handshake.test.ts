import { describe, expect, test } from 'vitest'
import { modem } from '../../test/support/judge-devices.ts'
import {
  close,
  connection,
  dial,
  exchange,
  found,
  idsOf,
  judged,
  negotiated,
} from '../../test/support/judge-observations.ts'
import type { Connection } from '../observe/observation.ts'

const request = { certificateTypes: [1], signatureSchemes: [0x0401], authorities: 0 }
const messages = [
  {
    direction: 'received',
    name: 'ServerHelloDone',
    messageBytes: 4,
    records: 1,
    largestRecordBytes: 4,
    atMs: 60,
  },
] as const

/** The server's flight came; then an alert, or the end. */
function ended(alert: number | undefined, rest: Partial<Connection> = {}): Connection {
  const received = {
    direction: 'received',
    level: 2,
    encrypted: false,
    atMs: 90,
    afterEstablished: false,
  } as const
  return connection({
    establishedAtMs: undefined,
    messages,
    alerts: alert === undefined ? [] : [{ ...received, description: alert }],
    close: close('fin'),
    ...rest,
  })
}

describe('a client certificate is asked for', () => {
  test.each([
    40, 42, 46, 48, 116,
  ])('and none is given: alert %i is about our lack and not that of the device', (alert) => {
    const verdict = judged(dial([ended(alert, { clientCertificateRequest: request })]))
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'client-certificate-required')).toMatchObject({
      effect: 'unknown',
      cause: 'client-auth-rejected',
      details: { sent: false },
    })
    expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'credentials' }))
  })

  test('and the one sent is refused once TLS 1.3 is established', () => {
    const late = {
      direction: 'received',
      level: 2,
      encrypted: true,
      atMs: 120,
      afterEstablished: true,
    } as const
    const sent = {
      clientCertificateRequest: request,
      clientCertificateSent: true,
      establishedAtMs: 100,
      alerts: [{ ...late, description: 48 }],
    }
    const in13 = ended(undefined, {
      ...sent,
      negotiated: negotiated(0x0304, 0x1301),
    })
    expect(found(judged(dial([in13])), 'client-certificate-required')).toMatchObject({
      effect: 'blocks',
      details: { sent: true, alert: 'unknown_ca' },
    })
    // In TLS 1.2 the server took the certificate before its Finished: the alert is about something else.
    expect(idsOf(judged(dial([ended(undefined, sent)])))).not.toContain('client-certificate-required')
  })

  test('and the one sent is refused', () => {
    const sent = ended(48, { clientCertificateRequest: request, clientCertificateSent: true })
    const verdict = judged(dial([sent]))
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'handshake' })
    expect(found(verdict, 'client-certificate-required')!.details).toEqual({
      sent: true,
      alert: 'unknown_ca',
    })
  })

  test('and not insisted on', () => {
    const verdict = judged(dial([connection({ clientCertificateRequest: request })]))
    expect(found(verdict, 'client-certificate-required')).toMatchObject({ effect: 'info' })
  })

  test('and insisted on only in the answer to the request: the lack is ours', () => {
    const answered = (status: number, errorText?: string) => {
      const exchanges = [exchange({ status, reason: 'Error', errorText })]
      const asked = connection({ clientCertificateRequest: request, exchanges })
      return judged(dial([asked]))
    }
    const nginx = answered(400, 'No required SSL certificate was sent')
    expect(found(nginx, 'client-certificate-required')).toMatchObject({
      effect: 'unknown',
      cause: 'client-auth-rejected',
      deviceWords: undefined,
    })
    expect(nginx.missing).toContainEqual(expect.objectContaining({ needs: 'credentials' }))
    expect(nginx.findings.find(({ effect }) => effect === 'unknown')!.id).toBe('client-certificate-required')
    expect(found(answered(404), 'client-certificate-required')).toMatchObject({ effect: 'info' })
    expect(found(answered(200), 'client-certificate-required')).toMatchObject({ effect: 'info' })
  })

  test('and ours is held back: what was not tried says nothing of the server', () => {
    const withheld = { what: ['client-certificate' as const], host: 'host.example', reason: 'untrusted' }
    const stopped = ended(undefined, { clientCertificateRequest: request, close: close('done') })
    const verdict = judged(dial([stopped], { withheld }))
    expect(idsOf(verdict)).not.toContain('client-certificate-required')
    expect(found(verdict, 'secrets-withheld')).toMatchObject({ effect: 'unknown', stage: 'handshake' })
  })
})

describe('the handshake does not end well', () => {
  test('by another alert', () => {
    expect(found(judged(dial([ended(51)])), 'handshake-alert')).toMatchObject({
      effect: 'unknown',
      details: { alert: 'decrypt_error', after: 'ServerHelloDone' },
    })
  })

  test('by a close', () => {
    expect(found(judged(dial([ended(undefined)])), 'handshake-closed')!.details).toEqual({
      how: 'fin',
      after: 'ServerHelloDone',
    })
  })

  test('in silence', () => {
    const silent = ended(undefined, { close: close('timeout', 5060) })
    expect(found(judged(dial([silent])), 'handshake-timeout')!.details.waitedMs).toBe(5000)
  })

  test('by a choice that only our engine lacks: no fault of the server, and no word of the device', () => {
    const detail = 'the server chose TLS_RSA_WITH_AES_128_CBC_SHA'
    const violation = { reason: 'unsupported', field: undefined, offset: undefined, detail }
    const known = { source: 'the test', confidence: 'measured', log: undefined } as const
    const errors = [{ ...known, when: ['handshake-closed', 'handshake-alert'] as const, code: '-0x7280' }]
    const seen = ended(undefined, { violation, close: close('done') })
    const verdict = judged(dial([seen]), { device: modem({ errors }) })
    expect(verdict.state).toBe('undecided')
    expect(idsOf(verdict)).not.toContain('protocol-violation')
    expect(found(verdict, 'beyond-our-client')).toMatchObject({
      ...{ effect: 'unknown', stage: 'handshake', cause: undefined, deviceWords: undefined },
      details: { detail },
    })
    expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'measured-limit' }))
  })

  test('by bytes that break the protocol: unknown, but a wrong signature fails every client', () => {
    const broken = (reason: string) =>
      judged(
        dial([
          ended(undefined, { violation: { reason, field: undefined, offset: undefined, detail: 'why' } }),
        ]),
      )
    expect(found(broken('malformed'), 'protocol-violation')).toMatchObject({ effect: 'unknown' })
    expect(found(broken('bad-signature'), 'protocol-violation')).toMatchObject({ effect: 'blocks' })
  })
})
