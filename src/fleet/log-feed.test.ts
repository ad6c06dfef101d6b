import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { small } from '../../test/support/small-pki.ts'
import { formatPem } from '../x509/pem.ts'
import { parseLogFeed } from './log-feed.ts'

const root = small({ name: 'Root', ca: true })
const issuing = small({ name: 'Issuing', ca: true, issuer: root })
const leaf = small({ name: 'fota.example', altNames: ['fota.example'], issuer: issuing })
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const seen = Date.UTC(2026, 10, 20, 12)

const certstream = (der: string | null, chain: unknown = [{ as_der: base64(issuing.der) }]) => ({
  message_type: 'certificate_update',
  data: {
    ...{ update_type: 'X509LogEntry', leaf_cert: { all_domains: ['fota.example'], as_der: der }, chain },
    seen: seen / 1000,
  },
})

const vector24 = (bytes: Uint8Array) => {
  const head = Buffer.alloc(3)
  head.writeUIntBE(bytes.length, 0, 3)
  return Buffer.concat([head, bytes])
}

/** RFC 6962 §3.4: version, leaf_type, timestamp, entry_type, the entry. */
function logEntry(entryType: 0 | 1, entry: Uint8Array, extra: Uint8Array) {
  const head = Buffer.alloc(12)
  head.writeBigUInt64BE(BigInt(seen), 2)
  head.writeUInt16BE(entryType, 10)
  return { leaf_input: base64(Buffer.concat([head, entry])), extra_data: base64(extra) }
}

const told = (text: string) => {
  const { logged, ...rest } = parseLogFeed(text)
  return {
    ...rest,
    logged: logged.map(({ certificate, issuers, loggedAt, isPrecertificate }) => ({
      leaf: certificate.sha256,
      issuers: issuers.map(({ sha256 }) => sha256),
      at: loggedAt?.getTime(),
      isPrecertificate,
    })),
  }
}
const one = { leaf: leaf.sha256, issuers: [issuing.sha256], at: seen, isPrecertificate: false }
const nothing = { withoutCertificate: 0, broken: 0, leftOut: 0 }

describe('a feed of what was logged', () => {
  test('messages of certstream are read, one a line or as a list', () => {
    const message = certstream(base64(leaf.der))
    const lines = `${JSON.stringify(message)}\n\n${JSON.stringify(message)}\n`
    expect(told(lines)).toEqual({ ...nothing, logged: [one, one] })
    expect(told(JSON.stringify([message]))).toEqual({ ...nothing, logged: [one] })
  })

  test('entries of a log itself are read, with the chain beside them (RFC 6962 §4.6)', () => {
    const chain = vector24(Buffer.concat([vector24(issuing.der), vector24(root.der)]))
    const answer = { entries: [logEntry(0, vector24(leaf.der), chain)] }
    expect(told(JSON.stringify(answer))).toEqual({
      ...nothing,
      logged: [{ ...one, issuers: [issuing.sha256, root.sha256] }],
    })
  })

  test('of a precertificate entry the signed one beside the leaf is read', () => {
    const tbs = Buffer.concat([Buffer.alloc(32), vector24(Buffer.from([0x30, 0]))])
    const extra = Buffer.concat([vector24(leaf.der), vector24(vector24(issuing.der))])
    expect(told(JSON.stringify(logEntry(1, tbs, extra)))).toEqual({ ...nothing, logged: [one] })
    expect(told(JSON.stringify(logEntry(1, tbs, Buffer.alloc(0)))).withoutCertificate).toBe(1)
  })

  test('of a PEM file those that are no CA are new, and the others may have issued them', () => {
    const text = [leaf, issuing].map(({ der }) => formatPem(der)).join('')
    expect(told(text)).toEqual({ ...nothing, logged: [{ ...one, at: undefined }] })
  })

  test('rows of crt.sh, and messages without the certificate, are counted as such', () => {
    const row = { issuer_ca_id: 16418, common_name: 'fota.example', name_value: 'fota.example', id: 1 }
    expect(told(JSON.stringify([row, certstream(null)]))).toEqual({
      ...nothing,
      withoutCertificate: 2,
      logged: [],
    })
  })

  test('what is broken is counted, and what stands beside it is read', () => {
    const good = JSON.stringify(certstream(base64(leaf.der), null))
    const broken = ['{', JSON.stringify(certstream('AAAA')), '7', '{"leaf_input":"AAAA"}']
    expect(told([...broken, good].join('\n'))).toEqual({
      ...nothing,
      broken: 4,
      logged: [{ ...one, issuers: [] }],
    })
  })

  test('of too many the latest are read', () => {
    const { logged, leftOut } = parseLogFeed('{"issuer_ca_id":1,"name_value":"a"}\n'.repeat(5_003))
    expect([logged.length, leftOut]).toEqual([0, 3])
  })

  test('a log entry cut anywhere is broken, and nothing throws', () => {
    const chain = vector24(vector24(issuing.der))
    const { leaf_input: input } = logEntry(0, vector24(leaf.der), chain)
    const bytes = Buffer.from(input, 'base64')
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const entry = { leaf_input: base64(bytes.subarray(0, cut)), extra_data: base64(chain) }
      expect(parseLogFeed(JSON.stringify(entry)).logged).toEqual([])
    }
  })

  test('whatever comes is read, and nothing throws', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.record({ leaf_input: fc.base64String(), extra_data: fc.base64String() }),
      fc.base64String().map((der) => certstream(der)),
    )
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            value.map((one) => JSON.stringify(one)),
          ),
        ),
        (lines) => {
          expect(parseLogFeed(lines.join('\n')).logged).toEqual([])
        },
      ),
      { numRuns: 50 },
    )
  })
})
