import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ERROR_TEXT_CHARACTERS, readErrorBody } from './error-body.ts'
import { readSas } from './sas.ts'

const token =
  'sp=r&st=2026-01-01T00:00:00Z&se=2026-09-01T08%3A00%3A00Z&spr=https&sv=2022-11-02&sr=b&sig=Ab%2Bc%3D'

describe('readSas', () => {
  test('a SAS in the query: its parameters and dates, not its signature', () => {
    const sas = readSas(`/c/f.bin?${token}`, undefined)
    expect(sas).toEqual({
      place: 'query',
      parameters: ['sp', 'st', 'se', 'spr', 'sv', 'sr', 'sig'],
      startsAt: new Date('2026-01-01T00:00:00Z'),
      expiresAt: new Date('2026-09-01T08:00:00Z'),
      doublyEncoded: false,
    })
    expect(JSON.stringify(sas)).not.toContain('Ab')
  })

  test('a SAS in the Authorization header, with or without its scheme word', () => {
    for (const header of [`SharedAccessSignature ${token}`, `Bearer ?${token}`, token]) {
      expect(readSas('/c/f.bin', header)).toMatchObject({ place: 'authorization-header' })
    }
    expect(readSas('/c/f.bin', 'SharedAccessSignature sr=hub&sig=x&se=1767225600')?.expiresAt).toEqual(
      new Date('2026-01-01T00:00:00Z'),
    )
  })

  test('a signature encoded twice, or not decodable', () => {
    expect(readSas(`/f?sv=1&sig=Ab%252Bc`, undefined)?.doublyEncoded).toBe(true)
    expect(readSas(`/f?sv=1&sig=Ab%2`, undefined)?.doublyEncoded).toBe(true)
  })

  test('no SAS is none', () => {
    expect(readSas('/f?sig=alone', undefined)).toBeUndefined()
    expect(readSas('/f?X-Amz-Signature=0', 'Bearer abc')).toBeUndefined()
    expect(readSas('/f?sv=1&se=nonsense&sig=x', undefined)?.expiresAt).toBeUndefined()
  })

  test('any text is read', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (query, header) => {
        readSas(`/f?sv=1&se=${query}&sig=${query}`, header)
      }),
    )
  })
})

describe('readErrorBody', () => {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text))

  test('Azure and S3 name their code in XML', () => {
    const azure =
      '\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>x</Message></Error>'
    expect(readErrorBody(bytes(azure), undefined).code).toBe('AuthenticationFailed')
    expect(readErrorBody(bytes(azure), undefined).text?.startsWith('<?xml')).toBe(true)
    expect(readErrorBody(bytes('<Error><Code>AccessDenied</Code></Error>'), undefined).code).toBe(
      'AccessDenied',
    )
    const table = '<m:error xmlns:m="x"><m:code>ResourceNotFound</m:code></m:error>'
    expect(readErrorBody(bytes(table), undefined).code).toBe('ResourceNotFound')
  })

  test('JSON and the header of the service name it too', () => {
    expect(readErrorBody(bytes('{"error":{"code":"Forbidden"}}'), undefined).code).toBe('Forbidden')
    expect(readErrorBody(bytes('nope'), 'AuthorizationFailure').code).toBe('AuthorizationFailure')
    expect(readErrorBody(bytes('nope'), undefined)).toEqual({ code: undefined, text: 'nope' })
  })

  test('text is short, one line, and absent for binary', () => {
    expect(readErrorBody(bytes(`a\r\n\t${'b'.repeat(9000)}`), undefined).text).toHaveLength(
      ERROR_TEXT_CHARACTERS,
    )
    expect(readErrorBody(new Uint8Array([0x1f, 0x8b, 0, 1]), undefined).text).toBeUndefined()
    expect(readErrorBody(new Uint8Array(0), undefined)).toEqual({ code: undefined, text: undefined })
    expect(readErrorBody(bytes('<Code>\u001b[31m</Code>'), undefined).code).toBeUndefined()
  })

  test('any bytes are read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (body) => {
        const { text } = readErrorBody(body, undefined)
        expect((text ?? '').length).toBeLessThanOrEqual(ERROR_TEXT_CHARACTERS)
      }),
    )
  })
})
