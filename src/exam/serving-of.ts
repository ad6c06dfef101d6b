import type { ChainToServe, IntermediateToServe, Serving } from './serving.ts'

/** The smallest chain there is, a flight of one message a record, a small answer: nothing that a device could mind. */
export const plainServing: Serving = {
  chain: {
    key: 'p256',
    signer: 'test-ca',
    hash: 'sha256',
    names: 'asked',
    validity: 'now',
    purpose: 'server',
    leafBytes: undefined,
    moreNames: 0,
    intermediates: [],
    unneeded: [],
  },
  engine: 'openssl',
  flight: { recordBytes: 16_384, merge: false },
  maxVersion: 'TLSv1.2',
  group: undefined,
  suites: undefined,
  rsaSignature: 'pkcs1',
  resumption: false,
  answer: { kind: 'small' },
  disturbance: undefined,
}

/** The same with another chain, but for what is not said. */
export function withChain(serving: Serving, chain: Partial<ChainToServe>): Serving {
  return { ...serving, chain: { ...serving.chain, ...chain } }
}

export const plainIntermediate: IntermediateToServe = {
  bytes: undefined,
  isCa: true,
  pathLength: undefined,
  excludesName: false,
  expired: false,
}
