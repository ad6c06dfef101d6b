import { deviceWord } from '../device-word.ts'
import { formatNumber } from '../units.ts'
import { type FixContext, fact, numberFact } from './fix-context.ts'

/** Whether the device takes an ECDSA certificate on P-256; `open` where nothing is known for it or against it. */
export function takesEcdsa({ device }: FixContext): 'yes' | 'no' | 'open' {
  const { cipherSuites, signatureSchemes } = device.hello
  const isEcdsa = (name: string) => name.startsWith('ecdsa')
  const curves = device.build.certificateGroups?.value
  const signs = device.verification.certificateSignatures?.value
  if (curves !== undefined && !curves.includes('secp256r1')) return 'no'
  if (signs !== undefined && !signs.some(isEcdsa)) return 'no'
  if (signatureSchemes !== undefined && !signatureSchemes.value.some(isEcdsa)) return 'no'
  // Suites of TLS 1.3 do not name the signature.
  if (cipherSuites !== undefined)
    return cipherSuites.value.some((name) => /_ECDSA_|^TLS_(AES|CHACHA20)_/.test(name)) ? 'yes' : 'no'
  // With static RSA the server's own key must be an RSA key, RFC 5246 §7.4.2.
  const exchanges = device.build.keyExchanges?.value
  if (exchanges !== undefined && !exchanges.includes('ecdhe')) return 'no'
  return signatureSchemes === undefined ? 'open' : 'yes'
}

/** What a suite wants beside the present certificate, whose key is of another kind; empty where that one does. */
export function certificateBeside(c: FixContext): string {
  const kind = fact(c, 'certificate')
  return kind === undefined
    ? ''
    : `, with ${kind === 'rsa' ? 'an RSA' : 'an ECDSA'} certificate beside the present one`
}

/** The key that this device computes with, in words. */
export function keyFor(c: FixContext): string {
  const ecdsa = takesEcdsa(c)
  if (c.finding?.id === 'rsa-key-too-large' || c.finding?.id === 'rsa-key-unproved') {
    const limit = numberFact(c, 'limitBits') ?? COMMON_RSA_BITS
    return `RSA keys of at most ${formatNumber(limit)} bits${ecdsa === 'yes' ? `, or ${ecdsaKeys(c)}` : ''}, in its issuers too`
  }
  return ecdsa === 'yes'
    ? `${ecdsaKeys(c)}, signed with SHA-256`
    : 'an RSA key of 2,048 bits, signed with SHA-256'
}

/** The largest RSA key that no device known here is reported to refuse. */
const COMMON_RSA_BITS = 2048

/** Public CAs sign ECDSA leaves with keys on P-384 as well, which a device with P-256 alone cannot verify. */
function ecdsaKeys(c: FixContext): string {
  const curves = c.device.build.certificateGroups ?? c.device.hello.groups
  return curves?.value.includes('secp384r1')
    ? 'ECDSA keys on P-256'
    : 'ECDSA keys on P-256 and no other curve'
}

/** The root that another chain has to end at, so that the device trusts it; follows what is asked for. */
export function endingAt(c: FixContext): string {
  const smallest = smallestPublic(c)
  if (smallest !== undefined)
    return ` (public CAs hardly give that: Let's Encrypt's shortest has about ${formatNumber(smallest)} bytes; a CA of one's own can, where the device holds its root)`
  return `, ending at ${anchorWords(c) ?? 'a root that the device holds'}`
}

/** The anchor that the device holds, or is assumed to hold; undefined where none is known. */
export function anchorWords(c: FixContext): string | undefined {
  const anchor = fact(c, 'anchor')
  if (anchor === undefined || fact(c, 'anchorAssumed') === undefined) return anchor
  return `${anchor} (assumed to be held)`
}

/** The shortest chain of a public CA that is known here, where it is over what all certificates together may have. */
export function smallestPublic(c: FixContext): number | undefined {
  const limit = together.has(c.finding?.id ?? '') ? numberFact(c, 'limitBytes') : undefined
  const smallest = takesEcdsa(c) === 'yes' ? SMALLEST_ECDSA_BYTES : SMALLEST_RSA_BYTES
  return limit === undefined || limit >= smallest ? undefined : smallest
}

/** Findings whose limit holds for all certificates together. */
const together: ReadonlySet<string> = new Set([
  'chain-too-large',
  'chain-size-undecided',
  'message-too-large',
])

// endpoints/forecasts/lets-encrypt.yaml: the issuing CA under Root YE or YR, and a modelled leaf of one name.
const SMALLEST_ECDSA_BYTES = 655 + 921
const SMALLEST_RSA_BYTES = 1247 + 1284

/** A request that any CA takes, since no CA is known to issue under the root that the device holds. */
export function requestCommands(c: FixContext): readonly string[] {
  const ecdsa = takesEcdsa(c) === 'yes'
  const key = ecdsa ? 'ec -pkeyopt ec_paramgen_curve:P-256' : 'rsa:2048'
  return [
    `openssl req -new -newkey ${key} -nodes -keyout new.key -subj '/CN=<name>' -addext 'subjectAltName=DNS:<name>' -out new.csr`,
    `tlsfit check <chain from the CA.pem> --device ${deviceWord(c.device)} --anchor <root.pem>  # before it is served`,
  ]
}
