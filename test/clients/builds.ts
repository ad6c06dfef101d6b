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

const mbedtls2 = { library: 'mbedtls', version: '2.28.', takes: ['mfl'] } as const
const mbedtls3 = { library: 'mbedtls', version: '3.6.', takes: ['mfl'] } as const
const wolfssl = { library: 'wolfssl', version: '5.', takes: ['mfl'] } as const
const pool = { inContentLen: 16_384, outContentLen: 4_096 } as const

/** As Debian builds the libraries. Names follow `test/clients/build.sh --list`. */
const stock: readonly Omit<ClientBuild, 'config'>[] = [
  { name: 'bearssl', library: 'bearssl', version: '0.6', settings: {}, takes: ['buffer'] },
  { name: 'mbedtls-2.28', ...mbedtls2, settings: {} },
  { name: 'wolfssl', ...wolfssl, settings: { altCertChains: true } },
  { name: 'openssl', library: 'openssl', version: '3.', settings: {}, takes: ['mfl', 'buffer'] },
  { name: 'gnutls', library: 'gnutls', version: '3.', settings: {}, takes: ['mfl', 'buffer'] },
]

/** Built from Debian's source packages with the header `configs/NAME.h`, which holds the same figures. */
const configured: readonly Omit<ClientBuild, 'config'>[] = [
  { name: 'mbedtls-2.28-in-4096', ...mbedtls2, settings: { inContentLen: 4_096, outContentLen: 4_096 } },
  { name: 'mbedtls-2.28-in-1500', ...mbedtls2, settings: { inContentLen: 1_500, outContentLen: 1_500 } },
  { name: 'mbedtls-2.28-variable', ...mbedtls2, settings: { ...pool, variableBufferLength: true } },
  { name: 'mbedtls-2.28-pool-48000', ...mbedtls2, settings: { ...pool, poolBytes: 48_000 } },
  { name: 'mbedtls-2.28-pool-64000', ...mbedtls2, settings: { ...pool, poolBytes: 64_000 } },
  { name: 'mbedtls-2.28-no-sha512', ...mbedtls2, settings: { sha512: false } },
  { name: 'mbedtls-2.28-mpi-256', ...mbedtls2, settings: { mpiMaxSize: 256 } },
  { name: 'mbedtls-2.28-p256-only', ...mbedtls2, settings: { curves: ['secp256r1'] } },
  { name: 'mbedtls-2.28-no-time-date', ...mbedtls2, settings: { haveTimeDate: false } },
  { name: 'mbedtls-2.28-no-ecdsa', ...mbedtls2, settings: { ecdsa: false } },
  { name: 'mbedtls-2.28-intermediates-2', ...mbedtls2, settings: { maxIntermediateCa: 2 } },
  { name: 'mbedtls-2.28-no-mfl', ...mbedtls2, settings: { maxFragmentLength: false }, takes: [] },
  { name: 'mbedtls-3.6-default', ...mbedtls3, settings: {} },
  { name: 'mbedtls-3.6-in-4096', ...mbedtls3, settings: { inContentLen: 4_096, outContentLen: 4_096 } },
  { name: 'wolfssl-5.5-plain', ...wolfssl, settings: { altCertChains: false } },
  {
    name: 'wolfssl-5.5-small',
    ...wolfssl,
    settings: { altCertChains: false, maxCertificateSize: 4_096, maxChainDepth: 3 },
  },
]

export const clientBuilds: readonly ClientBuild[] = [
  ...stock.map((build) => ({ ...build, config: undefined })),
  ...configured.map((build) => ({ ...build, config: `configs/${build.name}.h` })),
]
