/** What a build of a real stack is made of, and the settings that decide what it takes. */
export interface ClientBuild {
  readonly name: string
  readonly library: 'bearssl' | 'mbedtls' | 'wolfssl' | 'openssl' | 'gnutls'
  /** As far as the name promises it; the exact one is in each result. */
  readonly version: string
  /** Header of ours over the library's defaults, in `test/clients/`; undefined: as Debian builds it. */
  readonly config: string | undefined
  readonly settings: ClientSettings
  /** Flags that this library cannot serve are refused by the client with exit status 2. */
  readonly takes: readonly ('mfl' | 'buffer')[]
}

/** Sizes in bytes. Absent means the library's default, which is not repeated here. */
export interface ClientSettings {
  readonly inContentLen?: number
  readonly outContentLen?: number
  readonly variableBufferLength?: boolean
  /** Bytes of the pool that all memory comes from. */
  readonly poolBytes?: number
  readonly sha512?: boolean
  readonly mpiMaxSize?: number
  readonly curves?: readonly string[]
  readonly haveTimeDate?: boolean
  readonly ecdsa?: boolean
  readonly maxIntermediateCa?: number
  readonly maxFragmentLength?: boolean
  readonly altCertChains?: boolean
  readonly maxCertificateSize?: number
  readonly maxChainDepth?: number
}

const bearssl = { library: 'bearssl', version: '0.6', takes: ['buffer'] } as const
const mbedtls2 = { library: 'mbedtls', version: '2.28.3', takes: ['mfl'] } as const
const wolfssl = { library: 'wolfssl', version: '5.5.4', takes: ['mfl'] } as const

/** Names follow `test/clients/build.sh --list`. */
export const clientBuilds: readonly ClientBuild[] = [
  { name: 'bearssl', ...bearssl, config: undefined, settings: {} },
  { name: 'mbedtls-2.28', ...mbedtls2, config: undefined, settings: {} },
  { name: 'wolfssl', ...wolfssl, config: undefined, settings: { altCertChains: true } },
  {
    name: 'openssl',
    library: 'openssl',
    version: '3.',
    config: undefined,
    settings: {},
    takes: ['mfl', 'buffer'],
  },
  {
    name: 'gnutls',
    library: 'gnutls',
    version: '3.',
    config: undefined,
    settings: {},
    takes: ['mfl', 'buffer'],
  },
]
