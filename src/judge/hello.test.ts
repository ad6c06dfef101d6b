import { describe, expect, test } from 'vitest'
import { modem, sourced } from '../../test/support/judge-devices.ts'
import {
  chainOf,
  connection,
  dial,
  found,
  hello,
  holdingCertificates,
  idsOf,
  judged,
  negotiated,
  refused,
} from '../../test/support/judge-observations.ts'
import { small } from '../../test/support/small-pki.ts'
import type { Device } from '../device/device.ts'
import { unknownBuild } from '../device/unknown.ts'
import type { Connection } from '../observe/observation.ts'

const cbcOnly = (rest: Partial<Device['hello']> = {}) =>
  modem({
    hello: {
      ...modem().hello,
      versions: sourced(['TLSv1.2']),
      cipherSuites: sourced(['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA']),
      ...rest,
    },
  })
const ours = hello({ cipherSuites: [0xc013] })
const wide = hello({ cipherSuites: [0xc02f, 0xc030, 0xc013, 0x009c] })

function probe(answer: Connection['negotiated'], sent = wide): Connection {
  return connection({ role: 'probe', hello: sent, negotiated: answer, establishedAtMs: undefined })
}

test('a server that takes nothing but a suite beyond what is offered for an unknown list leaves it open', () => {
  const device = modem({
    hello: { ...modem().hello, versions: sourced(['TLSv1.2']), cipherSuites: undefined },
  })
  const verdict = judged(dial([refused(40, { hello: ours }), probe(negotiated(0x0303, 0xc0ac))]), { device })
  expect(verdict).toMatchObject({ state: 'undecided', missing: [{ needs: 'client-hello-capture' }, {}] })
  expect(found(verdict, 'algorithm-unproved')?.details).toMatchObject({
    what: 'cipher-suite',
    algorithm: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
  })
  expect(found(verdict, 'algorithm-unproved')?.fixes).toMatchObject([
    { id: 'enable-suite', with: { suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256' } },
  ])
})

test('a device without any version of TLS is blocked, whatever the server answers', () => {
  const device = modem({ hello: { ...modem().hello, versions: sourced([]) } })
  for (const seen of [dial([connection({ chain: chainOf([]) })]), dial([refused(70, { hello: ours })])]) {
    const verdict = judged(seen, { device })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'hello' })
    expect(found(verdict, 'no-common-version')).toMatchObject({ effect: 'blocks', details: { offered: [] } })
  }
})

/** A build of static RSA alone, whose suites nobody lists. */
const staticRsa = (rest: Partial<Device> = {}) =>
  modem({
    hello: { ...modem().hello, versions: sourced(['TLSv1.2']), cipherSuites: undefined },
    build: { ...unknownBuild, keyExchanges: sourced(['rsa']) },
    ...rest,
  })
const rsaOnly = hello({ cipherSuites: [0x009d, 0x009c, 0x002f] })

describe('the server turns the hello of a build with static RSA alone down', () => {
  const seen = dial([refused(40, { hello: rsaOnly }), probe(negotiated(0x0303, 0xc02f))])

  test('and chooses ECDHE from a wide one: blocked, and who says what the build has is told', () => {
    const verdict = judged(seen, { device: staticRsa() })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'hello' })
    expect(found(verdict, 'no-common-cipher')).toMatchObject({
      effect: 'blocks',
      details: {
        alert: 'handshake_failure',
        serverChose: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
        exchanges: ['rsa'],
        exchangeSource: 'the test',
      },
    })
  })

  test('and chooses ECDHE_ECDSA: the suite to allow wants an RSA certificate beside it', () => {
    const ecdsa = probe(negotiated(0x0303, 0xc02b))
    const fixOf = (suites: readonly string[] | undefined) => {
      const cipherSuites = suites && sourced(suites)
      const device = staticRsa({ hello: { ...modem().hello, versions: sourced(['TLSv1.2']), cipherSuites } })
      const verdict = judged(dial([refused(40, { hello: rsaOnly }), ecdsa]), { device })
      return found(verdict, 'no-common-cipher')?.fixes.find(({ id }) => id === 'enable-suite')?.with
    }
    expect(fixOf(undefined)).toEqual({ suite: 'TLS_RSA_WITH_AES_256_GCM_SHA384', certificate: 'rsa' })
    // A key pre-shared needs no certificate, and one that the present certificate signs goes before.
    const both = [
      'TLS_PSK_WITH_AES_128_CBC_SHA',
      'TLS_RSA_WITH_AES_128_CBC_SHA',
      'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
    ]
    expect(fixOf(both)).toEqual({ suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM' })
  })

  test('and that is only inferred of the build, or its versions are not known: a capture is asked for', () => {
    const keyExchanges = { ...sourced(['rsa'] as const), confidence: 'inferred' as const }
    for (const device of [
      staticRsa({ build: { ...unknownBuild, keyExchanges } }),
      staticRsa({ hello: { ...modem().hello, versions: undefined, cipherSuites: undefined } }),
    ]) {
      const verdict = judged(seen, { device })
      expect(verdict.state).toBe('undecided')
      expect(found(verdict, 'no-common-cipher')).toMatchObject({ effect: 'unknown' })
      expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'client-hello-capture' }))
    }
  })

  test('and chooses static RSA from a wide one: it is not the suites that it minds', () => {
    for (const chosen of [0x009c, 0xc09c]) {
      const answered = dial([refused(40, { hello: rsaOnly }), probe(negotiated(0x0303, chosen))])
      expect(idsOf(judged(answered, { device: staticRsa() }))).not.toContain('no-common-cipher')
    }
  })
})

describe('the server turns the hello down', () => {
  test('and takes a wide one with a suite that the device lacks: no suite in common', () => {
    const seen = dial([refused(40, { hello: ours }), probe(negotiated(0x0303, 0xc02f))])
    const verdict = judged(seen, { device: cbcOnly() })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'hello' })
    expect(found(verdict, 'no-common-cipher')).toMatchObject({
      cause: 'no-common-cipher',
      details: {
        offered: 1,
        alert: 'handshake_failure',
        serverChose: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      },
    })
  })

  test('with alert protocol_version: no version in common', () => {
    const verdict = judged(dial([refused(70, { hello: ours })]), { device: cbcOnly() })
    expect(found(verdict, 'no-common-version')).toMatchObject({
      effect: 'blocks',
      details: { offered: ['TLSv1.2'], alert: 'protocol_version', serverSpeaks: undefined },
    })
  })

  test('and only takes TLS 1.3: what it speaks is said', () => {
    const verdict = judged(dial([refused(70, { hello: ours }), probe(negotiated(0x0304, 0x1301))]), {
      device: cbcOnly(),
    })
    expect(found(verdict, 'no-common-version')!.details.serverSpeaks).toBe('TLSv1.3')
  })

  test('with alert 40 and another version for a wide hello: blocked, but which part it minds is not said', () => {
    const verdict = judged(dial([refused(40, { hello: ours }), probe(negotiated(0x0304, 0x1301))]), {
      device: cbcOnly(),
    })
    expect(found(verdict, 'hello-refused')).toMatchObject({ effect: 'blocks', cause: undefined })
  })

  test('without a word, and nothing is known of the hello: unknown, and a capture is asked for', () => {
    const verdict = judged(dial([refused(undefined)]))
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'hello-refused')).toMatchObject({ effect: 'unknown', details: { closed: 'fin' } })
    expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'client-hello-capture' }))
  })

  test('without a word, and the same hello is answered on the next connection: what broke the first stays open', () => {
    const twin = probe(negotiated(0x0303, 0xc013), ours)
    const verdict = judged(dial([refused(undefined, { hello: ours }), twin]), { device: cbcOnly() })
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'hello-refused')).toMatchObject({ effect: 'unknown', details: { closed: 'fin' } })
    expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'live-endpoint' }))
  })

  test('for the lack of a server name, which this device never sends', () => {
    const silent = hello({ sni: undefined })
    const seen = dial([refused(40, { hello: silent }), probe(negotiated(), hello())])
    const verdict = judged(seen, { device: modem({ hello: { ...modem().hello, sni: sourced('never') } }) })
    expect(found(verdict, 'sni-missing')).toMatchObject({
      effect: 'blocks',
      stage: 'hello',
      cause: 'sni-missing',
      details: { host: 'host.example', reason: 'never-sent' },
    })
  })

  test('for the lack of a server name, which this device is only taken never to send: unknown', () => {
    const sni = { ...sourced('never' as const), confidence: 'inferred' as const }
    const seen = dial([refused(40, { hello: hello({ sni: undefined }) }), probe(negotiated(), hello())])
    const verdict = judged(seen, { device: modem({ hello: { ...modem().hello, sni } }) })
    expect(found(verdict, 'sni-missing')).toMatchObject({ effect: 'unknown' })
    expect(verdict.state).toBe('undecided')
  })

  test('for the lack of a server name that goes with the name check', () => {
    const seen = dial([refused(40, { hello: hello({ sni: undefined }) }), probe(negotiated(), hello())])
    const device = modem({ hello: { ...modem().hello, sni: sourced('with-name-check') } })
    const verdict = judged(seen, { device, verify: 'no-name' })
    expect(found(verdict, 'sni-missing')).toMatchObject({
      effect: 'blocks',
      details: { reason: 'switched-off' },
      fixes: [{ id: 'restore-name-check' }],
    })
  })

  test('with any fatal alert, where all of the hello is known: blocked without a probe; a close tells less', () => {
    const whole = cbcOnly({
      groups: sourced(['secp256r1']),
      signatureSchemes: sourced(['ecdsa_secp256r1_sha256']),
      extensions: sourced(['server_name', 'supported_groups', 'signature_algorithms']),
      sni: sourced('host-name'),
    })
    const effect = (alert: number | undefined, device: Device) =>
      found(judged(dial([refused(alert, { hello: ours })]), { device }), 'hello-refused')!.effect
    expect(effect(40, whole)).toBe('blocks')
    expect(effect(undefined, whole)).toBe('unknown')
    expect(effect(40, modem({ hello: { ...whole.hello, groups: undefined } }))).toBe('unknown')
    expect(effect(40, modem({ hello: { ...whole.hello, origin: 'assumed' } }))).toBe('unknown')
  })

  test('for its version, where that of the device is only inferred: unknown, and a capture is asked for', () => {
    const versions = { ...sourced(['TLSv1.2']), confidence: 'inferred' } as const
    const verdict = judged(dial([refused(70, { hello: ours })]), { device: cbcOnly({ versions }) })
    expect(found(verdict, 'no-common-version')).toMatchObject({ effect: 'unknown' })
    expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'client-hello-capture' }))
  })

  test('but the device speaks TLS 1.3, which the hello did not offer: unknown, whatever the alert and the probes', () => {
    const device = cbcOnly({
      versions: sourced(['TLSv1.3']),
      cipherSuites: sourced(['TLS_CHACHA20_POLY1305_SHA256']),
    })
    for (const alert of [40, 70]) {
      const seen = dial([refused(alert, { hello: ours }), probe(negotiated(0x0304, 0x1301))])
      const verdict = judged(seen, { device })
      expect(verdict).toMatchObject({ state: 'undecided', stage: undefined })
      expect(found(verdict, 'hello-refused')?.effect).toBe('unknown')
    }
  })

  test('and takes a wide one with a suite that is only inferred to be lacking: a capture is asked for', () => {
    const seen = dial([refused(40, { hello: ours }), probe(negotiated(0x0303, 0xc02f))])
    const { hello: known } = cbcOnly()
    const cipherSuites = { ...sourced(known.cipherSuites?.value ?? []), confidence: 'inferred' as const }
    const verdict = judged(seen, { device: cbcOnly({ cipherSuites }) })
    expect(verdict.state).toBe('undecided')
    expect(found(verdict, 'no-common-cipher')).toMatchObject({ effect: 'unknown' })
  })

  test('under a wrong name, and takes a wide one under its own: of the suites nothing is known', () => {
    const wrong = refused(40, { hello: hello({ cipherSuites: [0xc013], sni: 'wrong.example' }) })
    const verdict = judged(dial([wrong, probe(negotiated(0x0303, 0xc02f))]), { device: cbcOnly() })
    expect(idsOf(verdict)).not.toContain('no-common-cipher')
    expect(found(verdict, 'hello-refused')).toMatchObject({ effect: 'unknown' })
  })

  test('under a wrong name and under its own, and takes a wide one under its own: no suite in common', () => {
    const wrong = refused(40, { hello: hello({ cipherSuites: [0xc013], sni: 'wrong.example' }) })
    const own = refused(40, { role: 'probe', hello: ours })
    const verdict = judged(dial([wrong, own, probe(negotiated(0x0303, 0xc02f))]), { device: cbcOnly() })
    expect(found(verdict, 'no-common-cipher')).toMatchObject({ effect: 'blocks' })
  })

  test('by an alert, or by a close: the device shows another word for each', () => {
    const known = { source: 'the test', confidence: 'measured', log: undefined } as const
    const device = modem({
      errors: [
        { ...known, when: ['hello-refused'], code: '-0x7780' },
        { ...known, when: ['handshake-closed'], code: '-0x7280' },
      ],
    })
    const code = (alert: number | undefined, sni = 'host.example') => {
      const first = refused(alert, { hello: hello({ sni }) })
      const verdict = judged(dial([first, probe(negotiated(), hello())]), { device })
      return verdict.findings.find(({ effect }) => effect !== 'info')?.deviceWords?.code
    }
    expect([code(40), code(undefined)]).toEqual(['-0x7780', '-0x7280'])
    expect([code(112, 'wrong.example'), code(undefined, 'wrong.example')]).toEqual(['-0x7780', '-0x7280'])
  })

  test('for a name it does not know, and takes its own', () => {
    const seen = dial([
      refused(112, { hello: hello({ sni: 'wrong.example' }) }),
      probe(negotiated(), hello()),
    ])
    expect(found(judged(seen), 'sni-wrong')).toMatchObject({
      effect: 'blocks',
      stage: 'hello',
      details: { sent: 'wrong.example', host: 'host.example', closed: 'alert unrecognized_name' },
    })
  })
})

describe('no server name though the device can send one', () => {
  const silent = hello({ sni: undefined })
  const newer = { ...modem().hello, sni: sourced('host-name' as const) }
  const later = { version: '2.0.0', hello: newer, certificateSignatures: undefined }
  const device = modem({ hello: newer, later: [later] })

  test('is refused: the cure is to pass the name, not to update', () => {
    const verdict = judged(dial([refused(40, { hello: silent }), probe(negotiated(), hello())]), { device })
    expect(found(verdict, 'sni-missing')).toMatchObject({
      effect: 'unknown',
      details: { reason: 'not-set' },
      fixes: [{ id: 'set-sni-to-endpoint', with: { host: 'host.example' } }],
    })
  })

  test('gets the certificate of another site: the same cure', () => {
    const other = chainOf([small({ name: 'default.example', altNames: ['default.example'] })])
    const right = chainOf([small({ name: 'host.example', altNames: ['host.example'] })])
    const named = { ...probe(negotiated(), hello()), chain: right }
    const verdict = judged(dial([connection({ hello: silent, chain: other }), named]), { device })
    expect(found(verdict, 'name-mismatch')).toMatchObject({
      cause: 'sni-missing',
      fixes: [{ id: 'set-sni-to-endpoint' }],
    })
  })
})

describe('the server answers', () => {
  test('in plain HTTP: every client stops there', () => {
    const violation = { reason: 'not-tls', field: undefined, offset: undefined, detail: '485454502f312e31' }
    const verdict = judged(
      dial([connection({ negotiated: undefined, establishedAtMs: undefined, violation })]),
    )
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'hello' })
    expect(found(verdict, 'not-tls')).toMatchObject({
      cause: 'scheme-port-mismatch',
      details: { looksLike: 'plain HTTP' },
    })
  })

  test('with a choice outside the list though it was offered listed ones: another hello was answered', () => {
    const verdict = judged(dial([connection({ hello: wide })]), { device: cbcOnly() })
    expect(found(verdict, 'unlisted-choice')).toMatchObject({
      effect: 'unknown',
      details: { what: 'cipher-suite' },
    })
  })

  test('with ECDHE for a build of static RSA alone: what it makes of the hello of the device is open', () => {
    for (const sent of [wide, hello({ cipherSuites: [0xc02f] })]) {
      const verdict = judged(dial([connection({ hello: sent })]), { device: staticRsa() })
      expect(found(verdict, 'unlisted-choice')).toMatchObject({ effect: 'unknown' })
    }
    const any = connection({ hello: wide, negotiated: negotiated(0x0303, 0xc09c) })
    expect(idsOf(judged(dial([any]), { device: staticRsa() }))).not.toContain('unlisted-choice')
  })

  test('with what the hello of the device did not offer: no client takes it', () => {
    const verdict = judged(dial([connection({ hello: ours })]), { device: cbcOnly() })
    expect(found(verdict, 'unlisted-choice')).toMatchObject({ effect: 'blocks' })
  })

  test('with an older version than any of the device: none in common, and no alert of the server', () => {
    const violation = { reason: 'unsupported', field: undefined, offset: undefined, detail: 'TLSv1.0' }
    const old = connection({ hello: ours, negotiated: negotiated(0x0301, 0xc013), violation })
    const known = { source: 'the test', confidence: 'measured', log: undefined } as const
    const errors = [{ ...known, when: ['hello-refused'] as const, code: '-0x7780' }]
    const verdict = judged(dial([old]), { device: { ...cbcOnly(), errors } })
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'hello' })
    expect(idsOf(verdict)).not.toContain('unlisted-choice')
    expect(found(verdict, 'no-common-version')).toMatchObject({
      details: { offered: ['TLSv1.2'], alert: undefined, serverSpeaks: 'TLSv1' },
      deviceWords: undefined,
    })
    const versions = { ...sourced(['TLSv1.2']), confidence: 'inferred' } as const
    expect(found(judged(dial([old]), { device: cbcOnly({ versions }) }), 'no-common-version')).toMatchObject({
      effect: 'unknown',
    })
  })

  test('with TLS 1.2 a hello that offers no more, and the device speaks TLS 1.3 only: unknown', () => {
    const device = cbcOnly({ versions: sourced(['TLSv1.3']) })
    const verdict = judged(dial([connection({ hello: ours, negotiated: negotiated(0x0303, 0xc013) })]), {
      device,
    })
    expect(found(verdict, 'no-common-version')?.effect).toBe('unknown')
    expect(verdict.state).toBe('undecided')
  })

  test('with a group outside an unknown list: nothing to say', () => {
    const keyExchange = { group: 0x0019, dhBits: undefined, signatureScheme: 0x0401, signatureValid: true }
    expect(idsOf(judged(dial([connection({ keyExchange })])))).not.toContain('unlisted-choice')
  })

  test('with a suite outside an unknown list is open where ordinary servers choose another, a capture of its own apart', () => {
    const choosing = (cipherSuites: readonly string[], source: 'dial' | 'capture' = 'dial') => {
      const seen = { ...dial([connection({ negotiated: negotiated(0x0303, 0xcca8) })]), source }
      return found(judged(seen, { device: modem(), ordinary: { cipherSuites } }), 'algorithm-unproved')
    }
    const algorithm = 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'
    expect(choosing([])).toMatchObject({ effect: 'unknown', details: { what: 'cipher-suite', algorithm } })
    expect(choosing([algorithm])).toBeUndefined()
    expect(choosing([], 'capture')).toBeUndefined()
  })

  test('with a group outside an unknown list stays open whatever the library makes of the chain', () => {
    const keyExchange = { group: 0x0019, dhBits: undefined, signatureScheme: 0x0401, signatureValid: true }
    const root = small({ name: 'Root', ca: true })
    const leaf = small({ name: 'host.example', issuer: root, altNames: ['host.example'] })
    const device = modem({ build: { ...unknownBuild, rules: sourced('mbedtls-3') } })
    const verdict = judged(dial([connection({ keyExchange, chain: chainOf([leaf]) })]), {
      ...{ device, trust: holdingCertificates(root), ordinary: { groups: ['secp256r1'] } },
    })
    expect(found(verdict, 'algorithm-unproved')).toMatchObject({ effect: 'unknown', stage: 'hello' })
  })

  test('with a group outside an unknown list is open where ordinary servers choose another', () => {
    const keyExchange = { group: 0x0019, dhBits: undefined, signatureScheme: 0x0401, signatureValid: true }
    const choosing = (groups: readonly string[], device = modem()) =>
      found(
        judged(dial([connection({ keyExchange })]), { device, ordinary: { groups } }),
        'algorithm-unproved',
      )
    expect(choosing(['secp256r1'])).toMatchObject({
      ...{ effect: 'unknown', stage: 'hello', details: { what: 'group', algorithm: 'secp521r1' } },
      fixes: [{ id: 'enable-suite', with: { group: 'secp256r1' } }],
    })
    expect(choosing(['secp256r1', 'secp521r1'])).toBeUndefined()
    const known = modem({ hello: { ...modem().hello, groups: sourced(['secp521r1']) } })
    expect(choosing(['secp256r1'], known)).toBeUndefined()
  })

  test('what is not known of the hello is listed', () => {
    expect(found(judged(dial([connection()])), 'hello-assumed')!.details.parts).toContain('cipher suites')
  })

  test('with its default certificate where no name is sent, and the name mismatch has that cause', () => {
    const other = chainOf([small({ name: 'default.example', altNames: ['default.example'] })])
    const right = chainOf([small({ name: 'host.example', altNames: ['host.example'] })])
    const named = { ...probe(negotiated(), hello()), chain: right }
    const seen = dial([connection({ hello: hello({ sni: undefined }), chain: other }), named])
    const device = modem({ hello: { ...modem().hello, sni: sourced('never') } })
    const verdict = judged(seen, { device })
    expect(found(verdict, 'sni-missing')).toMatchObject({ effect: 'risks' })
    expect(found(verdict, 'name-mismatch')).toMatchObject({ effect: 'blocks', cause: 'sni-missing' })
  })
})
