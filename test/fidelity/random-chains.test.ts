import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { buildOf, runClient } from '../clients/clients.ts'
import { type Outcome, predict, predictedOutcome, realOutcome, serve } from './outcome.ts'
import { HOST, randomChain } from './random-chain.ts'

/** Clients by name, with the device that stands for each. */
const pairs = [
  { client: 'mbedtls-2.28', device: 'mbedtls@2.28', maxVersion: 'TLSv1.2' },
  { client: 'mbedtls-3.6-default', device: 'mbedtls@3.6', maxVersion: 'TLSv1.3' },
  { client: 'openssl', device: 'openssl@3.0', maxVersion: 'TLSv1.3' },
  { client: 'gnutls', device: 'gnutls@3.7', maxVersion: 'TLSv1.3' },
  { client: 'wolfssl', device: 'wolfssl@5.5', maxVersion: 'TLSv1.3' },
  { client: 'wolfssl-5.5-plain', device: 'wolfssl-no-alt@5.5', maxVersion: 'TLSv1.2' },
  { client: 'bearssl', device: 'bearssl@0.6', maxVersion: 'TLSv1.2' },
] as const

const CHAINS = Number(process.env.TLSFIT_CHAINS ?? 25)
const FIRST_SEED = Number(process.env.TLSFIT_SEED ?? 1)

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-fidelity-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(pairs)('$client', ({ client, device, maxVersion }) => {
  test.skipIf(buildOf(client) === undefined)(
    `${client}: check says what the library does with ${CHAINS} chains made at random`,
    { timeout: 300_000 },
    async () => {
      const disagreements: string[] = []
      for (let seed = FIRST_SEED; seed < FIRST_SEED + CHAINS; seed++) {
        const { real, predicted, story } = await compare(seed, client, device, maxVersion)
        if (!agrees(real, predicted)) {
          disagreements.push(`seed ${seed} (${story}): ${tell(real)}; check says ${tell(predicted)}`)
        }
      }
      expect(disagreements).toEqual([])
    },
  )
})

async function compare(seed: number, client: string, device: string, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  const now = new Date()
  const { sent, anchors, story } = randomChain(seed, now)
  const file = join(folder, `${seed}.pem`)
  writeFileSync(file, anchors.map(({ pem }) => pem).join(''))
  const key = String(sent[0]!.key.export({ type: 'pkcs8', format: 'pem' }))
  const server = await serve({ cert: sent.map(({ pem }) => pem).join(''), key, maxVersion })
  try {
    const real = realOutcome(await runClient(client, { port: server.port, sni: HOST, anchors: file }))
    const held = anchors.map(({ der }) => der)
    const verdict = await predict({ port: server.port, host: HOST, device, anchors: held, now })
    return { real, predicted: predictedOutcome(verdict), story }
  } finally {
    server.close()
  }
}

/** A client tells flags only with the code that stands for them. */
function agrees(real: Outcome, predicted: Outcome): boolean {
  const flagged = real.flags === undefined || real.flags === predicted.flags
  return real.state === predicted.state && real.code === predicted.code && flagged
}

function tell({ state, code, flags }: Outcome): string {
  return [state, code, flags].filter((word) => word !== undefined).join(' ')
}
