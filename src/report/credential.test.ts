import { expect, test } from 'vitest'
import { limit } from '../../test/support/judge-devices.ts'
import { realRoot } from '../../test/support/real-certificates.ts'
import { formatCredential } from '../credential/credential.ts'
import { credentialJson } from './credential-json.ts'
import { credentialSizes } from './credential-text.ts'

const x1 = realRoot('isrg-root-x1')
const amazon3 = realRoot('amazon-root-ca-3')

test('sizes are said in DER and as stored, against the limit', () => {
  const storedLimit = limit({ value: 4096, counts: 'stored', confidence: 'inferred' })
  expect(credentialSizes(formatCredential('nrf-at', [x1], { storedLimit }))).toEqual([
    'ISRG Root X1: 1,391 bytes as DER, 1,939 as PEM; the device stores 4,096, 2,157 left (inferred)',
  ])
})

test('a limit of all together is said once, at the end', () => {
  expect(credentialSizes(formatCredential('spwf04', [x1, amazon3]))).toEqual([
    'ISRG Root X1: 1,391 bytes as DER',
    'Amazon Root CA 3: 442 bytes as DER',
    'together: 1,833 bytes; the device stores 1,475 (vendor forum)',
  ])
})

test('no limit known: none said', () => {
  expect(credentialSizes(formatCredential('der', [amazon3]))).toEqual(['Amazon Root CA 3: 442 bytes as DER'])
})

test('JSON holds each file, and null where nothing is known', () => {
  const json = JSON.parse(JSON.stringify(credentialJson(formatCredential('zephyr', [amazon3]))))
  expect(Buffer.from(json.files[0].base64, 'base64').toString()).toContain('tls_credential_add(42,')
  expect(json).toMatchObject({
    format: 'zephyr',
    anchors: [{ derBytes: 442, storedAs: 'der', secTag: 42, storedSha256: amazon3.sha256 }],
    limit: null,
    problems: [],
  })
})
