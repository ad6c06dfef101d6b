import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { orderByAcme } from '../../src/gateway/identities/acme.ts'
import { AdmissionError, loadPlan } from '../../src/gateway/load-plan.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { openKnownRoots } from '../../src/io/root-files.ts'
import { formatFix } from '../../src/report/fixes.ts'
import { parseCertificates } from '../../src/x509/pem.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-own-ca-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A listener under the gateway's own CA, for a modem that holds what `anchorsHeld` says. */
async function load(anchorsHeld: string) {
  const file = join(folder, 'gateway.yaml')
  writeFileSync(
    file,
    `
state: state
listeners:
  - name: front
    protocol: https
    listen: [127.0.0.1:0]
    certificate: { own: { names: [fota.fleet.test] } }
    devices: [nrf9160@1.3.7]
    anchorsHeld: [${anchorsHeld}]
    routes: [{ path: '/*', upstream: origin }]
upstreams:
  origin: { protocol: https, url: 'https://origin.fleet.test' }
`,
  )
  return loadPlan(file, {
    order: orderByAcme(() => {}),
    catalogue: openCatalogue(),
    knownRoots: openKnownRoots(),
    now: new Date(),
  })
}

test('a device that does not hold the own CA is told to load it, by hash and file, and no intermediate is asked for', async () => {
  const error = await load('digicert-global-root-g2').catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(AdmissionError)
  const { verdicts, hint } = error as AdmissionError
  const [verdict] = verdicts
  const blocking = verdict!.findings.filter(({ effect }) => effect === 'blocks')
  expect(blocking.map(({ id }) => id)).toEqual(['untrusted-root'])
  const [own] = parseCertificates(readFileSync(join(folder, 'state/own-ca/anchor-p256.pem')), 'own')
  const [fix] = blocking[0]!.fixes
  expect(fix).toMatchObject({ id: 'load-root', with: { sha256: own!.sha256 } })
  const { title } = formatFix(fix!, blocking[0]!, verdict!.device, verdict!.observation.target)
  expect(title).toBe(`store ${own!.subject.commonName} on the device (SHA-256 ${own!.sha256.slice(0, 16)}…)`)
  expect(blocking[0]!.fixes.map(({ id }) => id)).not.toContain('send-intermediate')
  expect(hint).toContain(`load the gateway's own CA on the devices (${folder}/state/own-ca/anchor-`)
})

test('once it is held, the device takes what is shown', async () => {
  const { admissions } = await load('state/own-ca/anchor-p256.pem')
  expect(admissions[0]!.verdicts.map(({ state }) => state)).toEqual(['fits'])
})
