import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { refuseBySas, type SasAccount, type SasFields, signSas } from './sas-double.ts'

const now = new Date('2026-11-21T12:00:00Z')
const account: SasAccount = { name: 'acme', key: Buffer.from('0123456789abcdef'), publicAccess: 'forbidden' }
const path = '/releases/fw.bin'
const fields: SasFields = {
  sp: 'r',
  st: '2026-11-20T00:00:00Z',
  se: '2026-12-20T00:00:00Z',
  spr: 'https',
  sv: '2022-11-02',
  sr: 'b',
}

function ask(query: string, headers: Record<string, string> = {}) {
  const url = query === '' ? path : `${path}?${query}`
  return refuseBySas({ url, headers, method: 'GET' }, account, now)
}

describe('the SAS double', () => {
  test('lets a correct SAS in', () => {
    expect(ask(signSas(account, path, fields))).toBeUndefined()
  })

  test('signs the sixteen lines that the service documents', () => {
    const lines = [
      ...['r', '2026-11-20T00:00:00Z', '2026-12-20T00:00:00Z', '/blob/acme/releases/fw.bin'],
      ...['', '', 'https', '2022-11-02', 'b', '', '', '', '', '', '', ''],
    ]
    const signature = createHmac('sha256', account.key).update(lines.join('\n')).digest('base64')
    expect(new URLSearchParams(signSas(account, path, fields)).get('sig')).toBe(signature)
  })

  test('a container SAS opens every blob in it and none elsewhere', () => {
    const query = signSas(account, path, { ...fields, sr: 'c' })
    expect(ask(query)).toBeUndefined()
    const elsewhere = refuseBySas({ url: `/other/fw.bin?${query}`, headers: {}, method: 'GET' }, account, now)
    expect(elsewhere?.status).toBe(403)
  })

  test('a SAS in an Authorization header: 403 AuthenticationFailed, even with a good one in the URL', () => {
    const sas = signSas(account, path, fields)
    for (const query of ['', sas]) {
      const refusal = ask(query, { authorization: `SharedAccessSignature ${sas}` })
      expect(refusal?.status).toBe(403)
      expect(refusal?.body).toContain('<Code>AuthenticationFailed</Code>')
      expect(refusal?.headers).toContainEqual(['x-ms-error-code', 'AuthenticationFailed'])
    }
  })

  test.each([
    ['expired', signSas(account, path, { ...fields, se: '2026-11-21T11:59:59Z' })],
    ['not yet valid', signSas(account, path, { ...fields, st: '2026-11-22T00:00:00Z' })],
    ['of another blob', signSas(account, '/releases/other.bin', fields)],
    ['of another key', signSas({ ...account, key: Buffer.from('another') }, path, fields)],
    ['with a changed expiry', signSas(account, path, fields).replace('2026-12-20', '2027-12-20')],
    ['doubly encoded', signSas(account, path, fields).replaceAll('%', '%25')],
    ['cut off', signSas(account, path, fields).slice(0, -12)],
    ['without a version', signSas(account, path, fields).replace(/&sv=[^&]*/, '')],
  ])('a SAS that is %s: 403 AuthenticationFailed', (_, query) => {
    const refusal = ask(query)
    expect(refusal?.status).toBe(403)
    expect(refusal?.body).toContain('AuthenticationFailed')
  })

  test('a SAS without read permission: AuthorizationPermissionMismatch', () => {
    expect(ask(signSas(account, path, { ...fields, sp: 'w' }))?.body).toContain(
      'AuthorizationPermissionMismatch',
    )
  })

  test('no SAS at all: 409 or 404, as the account is set', () => {
    expect(ask('')).toMatchObject({ status: 409 })
    const open = { ...account, publicAccess: 'private-container' } as const
    expect(refuseBySas({ url: path, headers: {}, method: 'GET' }, open, now)).toMatchObject({ status: 404 })
  })

  test('the body never holds the key or the right signature', () => {
    const wrong = signSas({ ...account, key: Buffer.from('another') }, path, fields)
    const right = new URLSearchParams(signSas(account, path, fields)).get('sig') ?? ''
    const { body } = ask(wrong)!
    expect(body).not.toContain(right)
    expect(body).not.toContain(account.key.toString())
  })
})
