import { expect, test } from 'vitest'
import { gatewayStatus } from './gateway-status.ts'

const health = JSON.stringify({ state: 'ok', workers: { running: 2, wanted: 2 }, faults: [] })

test('series of several listeners and identities are summed by what is asked of them', () => {
  const status = gatewayStatus(
    health,
    `tlsfit_handshakes_total{listener="a",version="TLSv1.2",identity="ecdsa",resumed="false"} 5
tlsfit_handshakes_total{listener="b",version="TLSv1.2",identity="rsa",resumed="true"} 2
tlsfit_handshakes_total{listener="b",version="TLSv1.3",identity="rsa",resumed="false"} 1
tlsfit_handshake_failures_total{listener="a",finding="untrusted-root",how="alert unknown_ca",device="nrf9160"} 3
tlsfit_handshake_failures_total{listener="b",finding="untrusted-root",how="alert unknown_ca",device="nrf9160"} 4
tlsfit_handshake_failures_total{listener="b",finding="unknown",how="closed",device="unknown"} 9
tlsfit_connections{listener="a"} 7
`,
  )
  expect(status).toMatchObject({ handshakes: 8, resumed: 2, failures: 16, connections: 7, cache: undefined })
  expect(status?.versions).toEqual([
    { name: 'TLSv1.2', count: 7 },
    { name: 'TLSv1.3', count: 1 },
  ])
  expect(status?.errors).toEqual([
    { device: 'unknown', finding: 'unknown', how: 'closed', count: 9 },
    { device: 'nrf9160', finding: 'untrusted-root', how: 'alert unknown_ca', count: 7 },
  ])
})

test('what says nothing of its health is no gateway', () => {
  expect(gatewayStatus('<html>', 'tlsfit_connections{listener="a"} 7')).toBeUndefined()
  expect(gatewayStatus('{"state":"fine"}', '')).toBeUndefined()
})
