import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  authorizationScheme,
  blankText,
  blankUrl,
  hasSecretQuery,
  isSecretHeader,
  isSecretParameter,
} from './secrets.ts'

const sas = 'sv=2022-11-02&sr=b&sp=r&se=2026-09-01T00%3A00%3A00Z&sig=AbC%2Fdef1234%3D'

describe('what is a secret', () => {
  test('signatures, tokens and keys are; dates, rights and versions of a SAS are not', () => {
    for (const name of [
      'sig',
      'Sig',
      's%69g',
      'X-Amz-Signature',
      'X-Amz-Credential',
      'X-Amz-Security-Token',
    ]) {
      expect([name, isSecretParameter(name)]).toEqual([name, true])
    }
    for (const name of ['access_token', 'api_key', 'apikey', 'code', 'password', 'AWSAccessKeyId', 'key']) {
      expect([name, isSecretParameter(name)]).toEqual([name, true])
    }
    for (const name of ['se', 'st', 'sp', 'sv', 'X-Amz-Date', 'X-Amz-Expires', 'file', 'version', 'v']) {
      expect([name, isSecretParameter(name)]).toEqual([name, false])
    }
  })

  test('a path with a SAS, a presigned URL or a token must not reach an unverified server; a plain query may', () => {
    expect(hasSecretQuery(`/c/f.bin?${sas}`)).toBe(true)
    expect(hasSecretQuery('/f?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00')).toBe(true)
    expect(hasSecretQuery('/f?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF')).toBe(true)
    expect(hasSecretQuery('/f?0123456789abcdef0123456789abcdef')).toBe(true)
    expect(hasSecretQuery('/f.bin?file=firmware-nrf9160-v1.2.3-release.bin&v=2')).toBe(false)
    expect(hasSecretQuery('/f.bin')).toBe(false)
    for (const query of [
      'md5=qvIvDq1yUXYHcI_rDqy2Uw&expires=1',
      'hmac=a1b2c3',
      'st=Qx81&e=2',
      'TOKEN20charsLongAbcd',
      'a=1;x=9f8e7d',
    ]) {
      expect(hasSecretQuery(`/f?${query}`), query).toBe(true)
    }
    expect(hasSecretQuery('/f.bin?sig=')).toBe(false)
  })

  test('headers that log in are secret', () => {
    for (const name of [
      'Authorization',
      'Cookie',
      'X-Api-Key',
      'Memfault-Project-Key',
      'x-functions-key',
      'X-Token',
    ]) {
      expect([name, isSecretHeader(name, 'short')]).toEqual([name, true])
    }
    expect(isSecretHeader('Accept', 'application/octet-stream')).toBe(false)
    expect(isSecretHeader('x-ms-version', '2022-11-02')).toBe(false)
    expect(isSecretHeader('X-Whatever', 'Zm9vYmFyMTIzNDU2Nzg5MGZvbw')).toBe(true)
  })
})

describe('blanking', () => {
  test('a SAS keeps its dates and loses its signature', () => {
    expect(blankUrl(`https://a.blob.core.windows.net/c/f.bin?${sas}`)).toBe(
      'https://a.blob.core.windows.net/c/f.bin?sv=2022-11-02&sr=b&sp=r&se=2026-09-01T00%3A00%3A00Z&sig=[blanked]',
    )
  })

  test('a long value is blanked under any name, a short plain one is kept', () => {
    expect(blankUrl('/f?v=1.2.3&x=0123456789abcdef')).toBe('/f?v=1.2.3&x=[blanked]')
  })

  test('a password before the host is blanked, the user name stays', () => {
    expect(blankUrl('mqtts://dev:p@ss:w0rd@broker.example:8883')).toBe(
      'mqtts://dev:[blanked]@broker.example:8883',
    )
    expect(blankUrl('https://h/a@b:c')).toBe('https://h/a@b:c')
  })

  test('a token in the path of a bot is blanked', () => {
    expect(blankUrl('https://api.telegram.org/bot1234567:AAEabcdefghijklmnopqrstuvw/getMe')).toBe(
      'https://api.telegram.org/bot[blanked]/getMe',
    )
  })

  test('the scheme word of an Authorization header is told from a bare secret', () => {
    expect(authorizationScheme('Basic QWxhZGRpbg==')).toBe('Basic')
    expect(authorizationScheme('onlysecret')).toBeUndefined()
  })

  test('free text that echoes a request loses what logs in', () => {
    const text = `<Message>no: Authorization: Bearer abcdefgh12345678 at https://u:pw@h/x?sig=Q%3D&amp;se=2026-01-01</Message>
-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----`
    const clean = blankText(text)
    for (const secret of ['abcdefgh12345678', 'pw@', 'Q%3D', 'MIIE']) expect(clean).not.toContain(secret)
    expect(clean).toContain('se=2026-01-01')
  })

  test('a secret of this run is blanked wherever a server echoes it', () => {
    expect(blankText('key=<b>hunter22</b>', ['hunter22'])).toBe('key=<b>[blanked]</b>')
  })

  test('a signature never survives, whatever stands around it', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9._~%-]{0,12}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { maxLength: 6 }), word, (pairs, path) => {
        const secret = 'Zz9Secret'
        const around = pairs.map(([name, value]) => `${name}=${value}`)
        const url = `https://h.example/${path}?${[...around, `sig=${secret}`, ...around].join('&')}`
        expect(blankUrl(url)).not.toContain(secret)
        expect(blankText(`see ${url} for more`)).not.toContain(secret)
        expect(hasSecretQuery(url)).toBe(true)
      }),
    )
  })
})

describe('blankText of long hostile text', () => {
  test('takes time in proportion to its length', () => {
    for (const piece of ['a.', 'a', 'a://', 'password ', 'Basic ', '-----BEGIN ', 'pwd="', '%a0-']) {
      const startedAt = process.cpuUsage()
      blankText(piece.repeat(Math.ceil(60_000 / piece.length)))
      const { user } = process.cpuUsage(startedAt)
      expect([piece, user < 1_000_000]).toEqual([piece, true])
    }
  })

  test('finds a password behind a scheme of any length', () => {
    expect(blankText(`${'x'.repeat(200)}://u:geheim@host/`)).toBe(`${'x'.repeat(200)}://u:[blanked]@host/`)
  })
})
