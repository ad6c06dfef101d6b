import { describe, expect, test } from 'vitest'
import { fixture, tlsfit } from './support/tlsfit.ts'

const azure = fixture('chains/chain-edge-microsoft-com-g2.pem')
const azureTime = '2026-09-01T00:00:00Z'

describe('the Azure chain of 2026, from a PEM file', () => {
  for (const root of ['root-digicert-global-root-g2', 'root-microsoft-tls-rsa-root-g2-selfsigned']) {
    test(`blocks an nRF9160 that holds ${root}, and not an ESP32`, async () => {
      const ran = await tlsfit([
        ...['check', azure, '--anchor', fixture(`chains/${root}.pem`), '--time', azureTime],
        ...['--device', 'nrf9160@1.3.7,esp-idf@5.2', '--format', 'json'],
      ])
      expect(ran.code).toBe(1)
      const { schema, verdicts } = JSON.parse(ran.stdout)
      expect(schema).toBe('tlsfit/verdicts@1')
      const [modem, esp] = verdicts
      expect(modem).toMatchObject({ state: 'blocked', stage: 'chain' })
      const finding = modem.findings.find((found: { id: string }) => found.id === 'chain-too-large')
      expect(finding).toMatchObject({ cause: 'chain-too-large', effect: 'blocks' })
      expect(finding.details).toMatchObject({ sentBytes: 5753, limitBytes: 4096 })
      expect(finding.limit.source).toMatch(/devzone/)
      expect(finding.deviceWords.code).toMatch(/111/)
      expect(finding.fixes.length).toBeGreaterThan(0)
      expect(finding.fixes.map((fix: { id: string }) => fix.id)).not.toContain('load-root')
      expect(esp.state).not.toBe('blocked')
    })
  }

  test('the text says verdict, cause and fix in its first lines', async () => {
    const ran = await tlsfit([
      ...[
        'check',
        azure,
        '--anchor',
        fixture('chains/root-digicert-global-root-g2.pem'),
        '--time',
        azureTime,
      ],
      ...['--device', 'nrf9160@1.3.7'],
    ])
    expect(ran.code).toBe(1)
    const head = ran.stdout.split('\n').slice(0, 12).join('\n')
    expect(head).toMatch(/blocked/i)
    expect(head).toMatch(/5,753/)
    expect(head).toMatch(/4,096/)
    expect(head).toMatch(/errno 111/)
    expect(head).toMatch(/fix/i)
  })
})

describe('the S3 chain of 2021', () => {
  test('does not block an nRF9160 that holds Amazon Root CA 1, and both readings are shown', async () => {
    const args = ['check', fixture('chains/chain-aws-s3-eu-west-1.pem'), '--device', 'nrf9160@1.3.7']
    args.push('--anchor', fixture('chains/root-amazon-ca-1.pem'), '--time', '2022-01-01T00:00:00Z')
    const text = await tlsfit(args)
    expect([0, 3]).toContain(text.code)
    expect(text.stdout).toMatch(/5,307/)
    expect(text.stdout).toMatch(/2,988/)
    const json = await tlsfit([...args, '--format', 'json'])
    expect(JSON.parse(json.stdout).verdicts[0].state).not.toBe('blocked')
  })
})
