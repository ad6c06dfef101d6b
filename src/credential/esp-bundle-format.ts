import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import { formatPem } from '../x509/pem.ts'
import type { CredentialFile, CredentialProblem, CredentialWriter } from './credential.ts'
import { countedBundle, indexedBundle } from './esp-bundle.ts'
import { plainName } from './plain-text.ts'
import { byteRows, describeAnchor, guarded, textFile } from './source-text.ts'
import { checkStored, storedSize } from './stored-size.ts'

/** Default of CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_MAX_CERTS, and DEFAULT_CERT_BUNDLE_MAX_CERTS of gen_crt_bundle.py. */
const maxCertificates = 200

/**
 * For ESP-IDF's certificate bundle: the PEM that its build turns into a bundle, which holds for every version; and the
 * two binary layouts, for `esp_crt_bundle_set` and Arduino's `setCACertBundle`. The change of layout was proposed in
 * February 2024, after 5.2 (espressif/esp-idf pull request 13204); in which version it came out is not on record here.
 */
export const writeEspBundle: CredentialWriter = ({ anchors, name, limit }) => {
  const kept = withoutRepeats(anchors)
  const stored = anchors.map((anchor) =>
    storedSize(anchor, 'name-and-key', 4 + anchor.subject.der.length + anchor.publicKey.spki.length),
  )
  const pem = kept.map(({ der }) => formatPem(der)).join('')
  return {
    files: [
      textFile(`${name}.pem`, pem, 'input of gen_crt_bundle.py, any ESP-IDF version'),
      ...(kept.every(fitsLengths) ? binaries(kept, name) : []),
    ],
    stored,
    limit,
    notes: [
      `In sdkconfig: CONFIG_MBEDTLS_CERTIFICATE_BUNDLE=y, CONFIG_MBEDTLS_CUSTOM_CERTIFICATE_BUNDLE=y, CONFIG_MBEDTLS_CUSTOM_CERTIFICATE_BUNDLE_PATH="${name}.pem"; the build makes the right layout itself`,
      'The binary layout changed: up to ESP-IDF 5.2 it begins with a count, in 6.0 with offsets; for 5.3 to 5.5 look into components/mbedtls/esp_crt_bundle/gen_crt_bundle.py of the version used: ">H" is the count',
      'The bundle keeps subject and public key alone: a date or a constraint of the root is not checked',
    ],
    problems: [...checkFormat(kept), ...checkStored(stored, limit)],
  }
}

function binaries(anchors: readonly Certificate[], name: string): CredentialFile[] {
  const counted = countedBundle(anchors)
  const indexed = indexedBundle(anchors)
  const header = [
    ...anchors.map((anchor) => `/* ${describeAnchor(anchor)} */`),
    '',
    '/* Two-byte count first: up to ESP-IDF 5.2, and where gen_crt_bundle.py packs ">H". */',
    `static const unsigned char ${name}_bundle_counted[] = {`,
    byteRows(counted),
    '};',
    '',
    '/* List of offsets first: ESP-IDF 6.0, and where gen_crt_bundle.py packs offsets. Read as 32-bit words. */',
    `static const unsigned char ${name}_bundle_indexed[] __attribute__((aligned(4))) = {`,
    byteRows(indexed),
    '};',
  ]
  return [
    { name: `${name}_bundle_counted.bin`, bytes: counted, about: 'x509_crt_bundle that begins with a count' },
    { name: `${name}_bundle_indexed.bin`, bytes: indexed, about: 'x509_crt_bundle that begins with offsets' },
    textFile(`${name}_bundle.h`, guarded(`${name}_bundle`, header), 'both layouts as C arrays'),
  ]
}

/** Lengths are of two bytes. */
function fitsLengths({ subject, publicKey }: Certificate): boolean {
  return Math.max(subject.der.length, publicKey.spki.length) <= 0xffff
}

/** The look-up is by subject: a twin with the same key adds nothing. */
function withoutRepeats(anchors: readonly Certificate[]): Certificate[] {
  return anchors.filter(
    (anchor, index) =>
      !anchors
        .slice(0, index)
        .some(
          (other) => sameSubject(anchor, other) && equalBytes(anchor.publicKey.spki, other.publicKey.spki),
        ),
  )
}

function checkFormat(anchors: readonly Certificate[]): CredentialProblem[] {
  const hidden = anchors.filter((anchor, index) =>
    anchors.slice(0, index).some((other) => sameSubject(anchor, other)),
  )
  const long = anchors.filter((anchor) => !fitsLengths(anchor))
  return [
    ...hidden.map((anchor) => ({
      code: 'not-in-format' as const,
      text: `${plainName(anchor)} has the subject of another anchor and another key: the bundle finds only one of them`,
    })),
    ...long.map((anchor) => ({
      code: 'not-in-format' as const,
      text: `the name or the key of ${plainName(anchor)} is over 65535 bytes`,
    })),
    ...(anchors.length > maxCertificates
      ? [
          {
            code: 'not-in-format' as const,
            text: `${anchors.length} anchors, and CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_MAX_CERTS is ${maxCertificates} by default`,
          },
        ]
      : []),
  ]
}

function sameSubject(a: Certificate, b: Certificate): boolean {
  return equalBytes(a.subject.der, b.subject.der)
}
