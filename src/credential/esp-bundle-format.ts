import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import { formatPem } from '../x509/pem.ts'
import type { CredentialProblem, CredentialWriter } from './credential.ts'
import { countedBundle, indexedBundle } from './esp-bundle.ts'
import { plainName } from './plain-text.ts'
import { byteRows, describeAnchor, guarded, textFile } from './source-text.ts'
import { checkStored, storedSize } from './stored-size.ts'

/** Default of CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_MAX_CERTS, and DEFAULT_CERT_BUNDLE_MAX_CERTS of gen_crt_bundle.py. */
const maxCertificates = 200

/**
 * For ESP-IDF's certificate bundle: the PEM that its build turns into a bundle, which holds for every version; and the
 * two binary layouts, for `esp_crt_bundle_set` and Arduino's `setCACertBundle`.
 */
export const writeEspBundle: CredentialWriter = ({ anchors, name, storedLimit }) => {
  const kept = withoutRepeats(anchors)
  const stored = anchors.map((anchor) =>
    storedSize(anchor, 'name-and-key', 4 + anchor.subject.der.length + anchor.publicKey.spki.length),
  )
  const counted = countedBundle(kept)
  const indexed = indexedBundle(kept)
  const header = [
    ...kept.map((anchor) => `/* ${describeAnchor(anchor)} */`),
    '',
    '/* Two-byte count first: ESP-IDF whose gen_crt_bundle.py packs ">H". */',
    `static const unsigned char ${name}_bundle_counted[] = {`,
    byteRows(counted),
    '};',
    '',
    '/* List of offsets first: ESP-IDF 6.0, and whose gen_crt_bundle.py packs offsets. Read as 32-bit words. */',
    `static const unsigned char ${name}_bundle_indexed[] __attribute__((aligned(4))) = {`,
    byteRows(indexed),
    '};',
  ]
  return {
    files: [
      textFile(
        `${name}.pem`,
        kept.map(({ der }) => formatPem(der)).join(''),
        'input of gen_crt_bundle.py, any ESP-IDF version',
      ),
      { name: `${name}_bundle_counted.bin`, bytes: counted, about: 'x509_crt_bundle, layout with a count' },
      { name: `${name}_bundle_indexed.bin`, bytes: indexed, about: 'x509_crt_bundle, layout with offsets' },
      textFile(`${name}_bundle.h`, guarded(`${name}_bundle`, header), 'both layouts as C arrays'),
    ],
    stored,
    notes: [
      `In sdkconfig: CONFIG_MBEDTLS_CERTIFICATE_BUNDLE=y, CONFIG_MBEDTLS_CUSTOM_CERTIFICATE_BUNDLE=y, CONFIG_MBEDTLS_CUSTOM_CERTIFICATE_BUNDLE_PATH="${name}.pem"; the build makes the right layout itself`,
      'The layout changed: ESP-IDF 6.0 reads the one with offsets, older ones the one with a count; between them look for ">H" in components/mbedtls/esp_crt_bundle/gen_crt_bundle.py of the version used',
      'The bundle keeps subject and public key alone: a date or a constraint of the root is not checked',
    ],
    problems: [...checkFormat(kept), ...checkStored(stored, storedLimit)],
  }
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
  const long = anchors.filter(
    ({ subject, publicKey }) => Math.max(subject.der.length, publicKey.spki.length) > 0xffff,
  )
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
