import { describe, expect, test } from 'vitest'
import { DataFileError } from '../device/data-file.ts'
import { openCatalogue } from '../io/catalogue-files.ts'
import { parseWatch } from './parse-watch.ts'

const catalogue = openCatalogue()
const parse = (text: string) => parseWatch(`endpoints: []\n${text}`, 'watch.yaml', catalogue).config.access

const full = `
access:
  public-url: https://Fit.example.com/
  trusted-proxies: [127.0.0.1, 10.0.0.0/8, "fd00::/8"]
  oidc:
    issuer: https://id.example.com/realms/main
    client-id: tlsfit
    client-secret: { env: OIDC_SECRET }
    scopes: [email, groups]
    roles:
      - { group: TLS, may: admin }
      - { domain: Example.com, may: read }
      - { email: Ada@Example.com, may: write }
`

describe('access of watch.yaml', () => {
  test('says who comes in, as what, and by which proxies', () => {
    expect(parse(full)).toEqual({
      publicUrl: 'https://fit.example.com',
      trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
      oidc: {
        issuer: 'https://id.example.com/realms/main',
        name: 'id.example.com',
        clientId: 'tlsfit',
        clientSecret: { env: 'OIDC_SECRET' },
        scopes: ['email', 'groups'],
        groupsClaim: 'groups',
        roles: [
          { may: 'admin', group: 'TLS' },
          { may: 'read', domain: 'example.com' },
          { may: 'write', email: 'ada@example.com' },
        ],
      },
    })
    expect(parse('')).toBeUndefined()
    expect(parse('access: { trusted-proxies: ["::1"] }')).toEqual({ trustedProxies: ['::1'] })
    expect(parse('access: { public-url: "http://127.0.0.1:7330" }')?.publicUrl).toBe('http://127.0.0.1:7330')
  })

  const oidc = (more: string) =>
    `access: { oidc: { issuer: https://id.example.com, client-id: a, roles: [{ group: g, may: read }], ${more} } }`
  test.each([
    ['access: { public-url: "http://fit.example.com" }', 'http:// is for loopback alone'],
    ['access: { public-url: "http://127.0.0.1.evil.example" }', 'http:// is for loopback alone'],
    ['access: { public-url: https://fit.example.com/under }', 'write it without a path'],
    ['access: { trusted-proxies: [example.com] }', 'write an address or a network'],
    ['access: { trusted-proxies: [10.0.0.0/33] }', 'write an address or a network'],
    ['access: { trusted-proxies: [300.0.0.1] }', 'write an address or a network'],
    [
      oidc('issuer: "http://id.example.com"').replace('issuer: https://id.example.com, ', ''),
      'loopback alone',
    ],
    [oidc('client-secret: in-clear'), 'name the place of the secret'],
    [oidc('').replace('{ group: g, may: read }', ''), 'nobody could come in'],
    [oidc('').replace('group: g', 'group: g, domain: b.example'), 'exactly one of group, domain and email'],
    [oidc('').replace('group: g, ', ''), 'exactly one of group, domain and email'],
    [oidc('').replace('may: read', 'may: all'), 'write read, write or admin'],
  ])('%s is told with what to write', (text, expected) => {
    let fault: unknown
    try {
      parse(text)
    } catch (error) {
      fault = error
    }
    expect(fault).toBeInstanceOf(DataFileError)
    const { message, hint } = fault as DataFileError
    expect(`${message} ${hint}`).toContain(expected)
  })
})
