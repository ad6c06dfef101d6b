import type { Device } from '../../src/device/device.ts'
import type { ChainSeen, Stack, StackFailure } from '../../src/stack/stack.ts'
import type { Certificate } from '../../src/x509/certificate.ts'
import { decodeCertificate } from '../../src/x509/decode-certificate.ts'
import { knownChains } from '../fidelity/chains/known-chains.ts'
import { HOST, type KnownChain } from '../fidelity/chains/maker.ts'

const now = new Date('2026-06-01T00:00:00Z')
const known: ReadonlyMap<string, KnownChain> = new Map(
  Object.values(knownChains(now))
    .flat()
    .map((chain) => [chain.name, chain]),
)

/** A chain of the fidelity tests by its name, as a stack is shown it on a day when it is good. */
export function chainSeen(name: string, more: Partial<ChainSeen> = {}): ChainSeen {
  const chain = known.get(name)
  if (chain === undefined) throw new Error(`no chain is named ${name}`)
  return seenOf(chain, more)
}

/** A chain made by a test. */
export function seenOf(
  { sent, anchors }: Pick<KnownChain, 'sent' | 'anchors'>,
  more: Partial<ChainSeen> = {},
): ChainSeen {
  const certificates = sent.map(read)
  return {
    certificates,
    derBytes: certificates.map(({ der }) => der.length),
    messageBytes: 0,
    anchors: anchors.map(read),
    verifies: true,
    host: HOST,
    now,
    version: 0x0303,
    keyExchange: 'signed',
    ...more,
  }
}

/** What the stack makes of it: anchors first, then the chain. */
export function outcomeOf(stack: Stack, device: Device, chain: ChainSeen): StackFailure | undefined {
  return stack.loadAnchors?.(chain.anchors, device, chain.now) ?? stack.verify(chain, device)
}

function read({ der }: { der: Uint8Array }): Certificate {
  return decodeCertificate(der)
}
