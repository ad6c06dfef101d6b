import type { CredentialWriter } from './credential.ts'
import { numbered } from './plain-text.ts'
import { byteRows, describeAnchor, guarded, pemLiterals, textFile } from './source-text.ts'
import { checkStored, storedAsPemWithNul } from './stored-size.ts'

/**
 * For any C or C++: all anchors in one PEM string, as `mbedtls_x509_crt_parse` and ESP-IDF's `cert_pem` take it, and
 * each in DER. The linker drops what is not used.
 */
export const writeCHeader: CredentialWriter = ({ anchors, name, limit }) => {
  const stored = anchors.map(storedAsPemWithNul)
  const lines = [
    '#include <stddef.h>',
    '',
    ...anchors.map((anchor) => `/* ${describeAnchor(anchor)} */`),
    `static const char ${name}_pem[] =`,
    `${pemLiterals(anchors)};`,
    '/* With the NUL, which mbedtls_x509_crt_parse counts. */',
    `static const size_t ${name}_pem_len = sizeof(${name}_pem);`,
    ...anchors.flatMap((anchor, index) => {
      const der = `${numbered(name, index, anchors.length)}_der`
      return [
        '',
        `/* ${describeAnchor(anchor)} */`,
        `static const unsigned char ${der}[] = {`,
        byteRows(anchor.der),
        '};',
        `static const size_t ${der}_len = sizeof(${der});`,
      ]
    }),
  ]
  return {
    files: [textFile(`${name}.h`, guarded(name, lines), 'C header: PEM string and DER arrays')],
    stored,
    limit,
    notes: [
      `Mbed TLS: mbedtls_x509_crt_parse(&ca, (const unsigned char *)${name}_pem, ${name}_pem_len); the length counts the NUL`,
      `ESP-IDF: .cert_pem = ${name}_pem with .cert_len left at 0, or .cert_len = ${name}_pem_len`,
    ],
    problems: checkStored(stored, limit),
  }
}
