import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { check } from '../../src/io/check.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { plainAttempt, requestOf } from '../../src/lab/case.ts'
import { verdictsJson } from '../../src/report/json.ts'

const chain = join(resolve(import.meta.dirname, '../fixtures/chains'), 'chain-edge-microsoft-com-g2.pem')

test('the front that a verdict proposes is a gateway.yaml as the gateway reads it', async () => {
  const attempt = { ...plainAttempt, target: chain, device: 'nrf9160@1.3.7', anchors: [] }
  const data = { catalogue: openCatalogue(), knownRoots: openKnownRoots(), now: new Date('2026-09-01') }
  const { verdicts } = verdictsJson(await check(requestOf(attempt, data)))
  const fixes = (verdicts as { findings: { fixes: { id: string; commands: string[] }[] }[] }[]).flatMap(
    ({ findings }) => findings.flatMap((finding) => finding.fixes),
  )
  const { commands = [] } = fixes.find(({ id }) => id === 'front-small-chain') ?? {}
  const yaml = commands.filter((line) => !line.startsWith('tlsfit ')).join('\n')
  const config = parseGatewayConfig(yaml, 'gateway.yaml')
  expect(config.listeners[0]).toMatchObject({
    devices: ['nrf9160@1.3.7+ncs@2.7.0'],
    anchorsHeld: ['held.pem'],
  })
  expect(config.upstreams.origin).toMatchObject({ url: 'https://endpoint.example.com' })
})
