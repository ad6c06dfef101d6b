import { signatureParts } from '../../x509/oids.ts'
import type { Device } from '../device.ts'
import { type ConfigFile, ConfigFileError, type Setting } from './config-file.ts'
import type { DerivedValue, DeriveOptions } from './derived.ts'
import { headerInteger } from './header.ts'

/** As wolfSSL 5.5 has them where the file does not say: `wolfssl/internal.h`. */
const usualDepth = 9
const usualCertificateBytes = 2048
/** Length field of a list of certificates and of each certificate, and the handshake header. */
const lengthBytes = 3
const headerBytes = 4

export const wolfsslSource =
  'wolfSSL 5.5.4 wolfssl/internal.h (MAX_CHAIN_DEPTH, MAX_CERTIFICATE_SZ, MAX_HANDSHAKE_SZ), src/internal.c (ProcessPeerCerts, DoHandShakeMsg), wolfcrypt/rsa.h'

/**
 * What a `user_settings.h` changes. It is the whole configuration, but headers of wolfSSL add to it by platform, so
 * only what the file decides by itself is taken; the hello is left unknown. Throws `ConfigFileError`.
 */
export function deriveWolfssl(
  file: ConfigFile,
  base: Device,
  { maxFragmentLength }: DeriveOptions,
): { readonly values: readonly DerivedValue[]; readonly notes: readonly string[] } {
  const { settings, includes } = file
  refuseOthers(settings, maxFragmentLength)
  const isWhole =
    includes.length === 0 && ![...settings.values()].some(({ name, on }) => on && platform.test(name))
  return {
    values: [
      ...deriveHello(settings, isWhole, maxFragmentLength),
      ...deriveLimits(settings),
      ...deriveBuild(file, isWhole),
      ...(isWhole ? deriveSignatures(settings, base) : []),
      curvesOf(settings, isWhole),
      ...deriveDates(settings),
    ],
    notes: [
      'the ClientHello, which hangs on what the headers of wolfSSL add for the platform, is left unknown',
      ...watched.flatMap((name) =>
        linesOf(settings.get(name)).map(({ line, text }) => `line ${line}: ${text}`),
      ),
    ],
  }
}

/** A configuration that has no client, or that cannot send what is asked for. Throws `ConfigFileError`. */
function refuseOthers(settings: ConfigFile['settings'], maxFragmentLength: number | undefined): void {
  if (isOn(settings, 'NO_WOLFSSL_CLIENT') || isOn(settings, 'WOLFCRYPT_ONLY')) {
    throw new ConfigFileError(
      'config-no-client',
      'this configuration has no TLS client: NO_WOLFSSL_CLIENT or WOLFCRYPT_ONLY is set',
      'give the configuration of the firmware that connects',
    )
  }
  if (maxFragmentLength !== undefined && !isOn(settings, 'HAVE_MAX_FRAGMENT')) {
    throw new ConfigFileError(
      'config-no-fragment-length',
      'this configuration cannot ask for a fragment length: HAVE_MAX_FRAGMENT is off',
      'leave --mfl out, or switch the macro on in the firmware',
    )
  }
}

/** What is offered is unknown; an extension whose macro is off is not sent. */
function deriveHello(
  settings: ConfigFile['settings'],
  isWhole: boolean,
  maxFragmentLength: number | undefined,
): readonly DerivedValue[] {
  const group = 'hello'
  const never = (key: string, macro: string): readonly DerivedValue[] => {
    if (isOn(settings, macro)) return []
    const said = settings.get(macro)
    if (!isWhole && said === undefined) return [{ group, key, value: null, lines: [] }]
    return [{ group, key, value: 'never', lines: linesOf(said), sources: ['library'] }]
  }
  const asked = (value: number): DerivedValue => {
    return { group, key: 'maxFragmentLength', value, lines: [], sources: ['asked'] }
  }
  const offered = ['versions', 'cipherSuites', 'groups', 'signatureSchemes', 'extensions']
  return [
    ...offered.map((key): DerivedValue => ({ group, key, value: null, lines: [] })),
    ...never('sni', 'HAVE_SNI'),
    ...never('alpn', 'HAVE_ALPN'),
    ...(maxFragmentLength === undefined
      ? never('maxFragmentLength', 'HAVE_MAX_FRAGMENT')
      : [asked(maxFragmentLength)]),
  ]
}

function deriveBuild({ settings, includes }: ConfigFile, isWhole: boolean): readonly DerivedValue[] {
  const chains = settings.get('WOLFSSL_ALT_CERT_CHAINS')
  const all = settings.get('OPENSSL_ALL')
  const extra = settings.get('OPENSSL_EXTRA')
  const isDecided = includes.length === 0 || chains !== undefined
  return [
    {
      group: 'build',
      key: 'alternativeChains',
      value: chains?.on === true ? 'tried' : isDecided ? 'not-tried' : null,
      lines: linesOf(chains),
      sources: ['library'],
    },
    {
      group: 'build',
      key: 'compatibilityLayer',
      value: all?.on === true ? 'built-in' : isWhole && extra?.on !== true ? 'absent' : null,
      lines: linesOf(all ?? extra),
      sources: ['library'],
    },
  ]
}

function deriveDates(settings: ConfigFile['settings']): readonly DerivedValue[] {
  if (!isOn(settings, 'NO_ASN_TIME')) return []
  const lines = linesOf(settings.get('NO_ASN_TIME'))
  return [{ group: 'verification', key: 'dates', value: 'unchecked', lines }]
}

function isOn(settings: ConfigFile['settings'], macro: string): boolean {
  return settings.get(macro)?.on === true
}

function deriveLimits(settings: ConfigFile['settings']): readonly DerivedValue[] {
  const depth = numberOf(settings, 'MAX_CHAIN_DEPTH')
  const certificates = numberOf(settings, 'MAX_CERTIFICATE_SZ')
  const handshake = numberOf(settings, 'MAX_HANDSHAKE_SZ')
  const values: DerivedValue[] = []
  if (depth !== undefined) {
    values.push({
      group: 'limits',
      key: 'chainCertificates',
      counts: 'items',
      value: depth.value,
      lines: [depth.setting],
    })
  }
  if (depth ?? certificates ?? handshake) {
    const lines = [depth, certificates, handshake].flatMap((found) =>
      found === undefined ? [] : [found.setting],
    )
    // Both enlarge the certificate that the default reckons with.
    const odd = ['HAVE_PQC', 'WOLFSSL_HAPROXY'].some((name) => settings.get(name)?.on === true)
    const value = odd && certificates === undefined ? null : messageBytes(depth, certificates, handshake)
    const sources = ['library']
    values.push({ group: 'limits', key: 'handshakeMessageBytes', counts: 'message', value, lines, sources })
  }
  const least = numberOf(settings, 'WOLFSSL_MIN_RSA_BITS')
  if (least !== undefined) {
    values.push({
      group: 'limits',
      key: 'rsaKeyBitsMin',
      counts: 'bits',
      value: least.value,
      lines: [least.setting],
    })
  }
  const fast = settings.get('USE_FAST_MATH')?.on === true ? numberOf(settings, 'FP_MAX_BITS') : undefined
  const single = fast === undefined ? numberOf(settings, 'SP_INT_BITS') : undefined
  const most = fast ?? single
  if (most !== undefined) {
    // Fast math multiplies within FP_MAX_BITS, so a key has half of them; SP_INT_BITS is the key's own.
    const value = most.value === null ? null : Math.floor(most.value / (fast === undefined ? 1 : 2))
    values.push({
      group: 'limits',
      key: 'rsaKeyBits',
      counts: 'bits',
      value,
      lines: [most.setting],
      sources: ['library'],
    })
  }
  return values
}

interface Found {
  /** `null`: set to what is no whole number. */
  readonly value: number | null
  readonly setting: Setting
}

/** The payload of a message may have MAX_HANDSHAKE_SZ, its list of certificates MAX_CERTIFICATE_SZ. */
function messageBytes(depth?: Found, certificates?: Found, handshake?: Found): number | null {
  if ([depth, certificates, handshake].some((found) => found?.value === null)) return null
  const list =
    certificates?.value ?? lengthBytes + (usualCertificateBytes + lengthBytes) * (depth?.value ?? usualDepth)
  return Math.min((handshake?.value ?? list) + headerBytes, list + lengthBytes + headerBytes)
}

/** Signatures that the base takes and that this build can check; never more. */
function deriveSignatures(settings: ConfigFile['settings'], base: Device): readonly DerivedValue[] {
  const old = base.verification.certificateSignatures
  if (old === undefined) return []
  const on = (name: string) => settings.get(name)?.on === true
  const hashes: { readonly [hash: string]: boolean } = {
    md2: on('WOLFSSL_MD2'),
    md5: !on('NO_MD5'),
    sha1: !on('NO_SHA'),
    sha224: on('WOLFSSL_SHA224'),
    sha256: !on('NO_SHA256'),
    sha384: on('WOLFSSL_SHA384'),
    sha512: on('WOLFSSL_SHA512'),
  }
  const keys: { readonly [key: string]: boolean } = {
    rsa: !on('NO_RSA'),
    'rsa-pss': !on('NO_RSA') && on('WC_RSA_PSS'),
    ecdsa: on('HAVE_ECC'),
    dsa: !on('NO_DSA'),
    eddsa: on('HAVE_ED25519') || on('HAVE_ED448'),
  }
  const value = old.value.filter((name) => {
    const { key, hash } = signatureParts(name)
    return (key === undefined || keys[key] !== false) && (hash === undefined || hashes[hash] !== false)
  })
  if (value.length === old.value.length) return []
  const names = [
    'NO_SHA',
    'NO_SHA256',
    'NO_RSA',
    'WOLFSSL_SHA224',
    'WOLFSSL_SHA384',
    'WOLFSSL_SHA512',
    'HAVE_ECC',
    'WC_RSA_PSS',
    'HAVE_ED25519',
  ]
  const lines = names.flatMap((name) => linesOf(settings.get(name)))
  return [{ group: 'verification', key: 'certificateSignatures', value, lines, sources: ['library'] }]
}

/** Curves of certificates' keys: all that are built in unless ECC_USER_CURVES picks them one by one. */
function curvesOf(settings: ConfigFile['settings'], isWhole: boolean): DerivedValue {
  const on = (name: string) => settings.get(name)?.on === true
  const all = !on('ECC_USER_CURVES')
  const kinds = ['', ...(on('HAVE_ECC_KOBLITZ') ? ['k'] : []), ...(on('HAVE_ECC_BRAINPOOL') ? ['b'] : [])]
  const value = curveMacros.flatMap(({ name, kind, macro }) => {
    const built = macro === 'NO_ECC256' ? !on(macro) : all || on(macro)
    return kinds.includes(kind) && built ? [name] : []
  })
  const lines = ['ECC_USER_CURVES', 'HAVE_ECC_KOBLITZ', 'HAVE_ECC_BRAINPOOL'].flatMap((name) =>
    linesOf(settings.get(name)),
  )
  const known = isWhole && on('HAVE_ECC') && !on('WOLFSSL_SP_MATH')
  return {
    group: 'build',
    key: 'certificateGroups',
    value: known ? value : null,
    lines,
    ...(known ? { sources: ['library'] } : {}),
  }
}

/** wolfcrypt/src/ecc.c, ecc_sets, without what ECC_MIN_KEY_SZ, 224, leaves out. */
const curveMacros = [
  { name: 'secp224r1', kind: '', macro: 'HAVE_ECC224' },
  { name: 'secp256r1', kind: '', macro: 'NO_ECC256' },
  { name: 'secp384r1', kind: '', macro: 'HAVE_ECC384' },
  { name: 'secp521r1', kind: '', macro: 'HAVE_ECC521' },
  { name: 'secp256k1', kind: 'k', macro: 'NO_ECC256' },
  { name: 'brainpoolP256r1', kind: 'b', macro: 'NO_ECC256' },
  { name: 'brainpoolP384r1', kind: 'b', macro: 'HAVE_ECC384' },
  { name: 'brainpoolP512r1', kind: 'b', macro: 'HAVE_ECC512' },
]

/** Names for which wolfssl/wolfcrypt/settings.h switches more on: what the file leaves out may then be on. */
const platform =
  /^(ARDUINO|MBED|FREERTOS\w*|FREESCALE\w*|THREADX|NETX\w*|MICROCHIP\w*|MICRIUM|OPENSSL_(EXTRA|ALL)\w*|WOLFSSL_(ESP\w*|ARDUINO|STM32\w*|CUBEMX\w*|ZEPHYR|RENESAS\w*|IAR_ARM\w*|ROWLEY_ARM|CHIBIOS|UTASKER|NUCLEUS\w*|TIRTOS|MYNEWT|SGX|LWIP\w*|PICOTCP\w*|GNRC|RIOT_OS|CONTIKI|NGINX|HAPROXY|APACHE\w*|QT|WPAS\w*|OPENSSH|LIGHTY|VXWORKS\w*|DEOS|XILINX\w*|NRF5\w*|SILABS\w*|GAME_BUILD|LSR|SAFERTOS|TYTHREADS?|LEANPSK))$/

/** Macros that matter and that no value stands for. */
const watched = [
  'WOLFSSL_STATIC_MEMORY',
  'WOLFSSL_SMALL_CERT_VERIFY',
  'WOLFSSL_SP_MATH',
  'WOLFSSL_SP_NO_2048',
  'WOLFSSL_SP_NO_3072',
  'WOLFSSL_SP_4096',
  'ECC_USER_CURVES',
  'WOLFSSL_NO_ASN_STRICT',
  'ALLOW_INVALID_CERTSIGN',
  'WOLFSSL_IP_ALT_NAME',
  'IGNORE_NAME_CONSTRAINTS',
  'NO_CERTS',
]

function numberOf(settings: ConfigFile['settings'], name: string): Found | undefined {
  const setting = settings.get(name)
  return setting?.on === true ? { setting, value: headerInteger(setting, settings) ?? null } : undefined
}

function linesOf(setting: Setting | undefined): readonly Setting[] {
  return setting === undefined ? [] : [setting]
}
