import type { CredentialWriter } from './credential.ts'
import { numbered } from './plain-text.ts'
import { checkSecTags } from './sec-tags.ts'
import { byteRows, describeAnchor, guarded, pemLiterals, textFile } from './source-text.ts'
import { checkStored, storedSize } from './stored-size.ts'

/** Characters of base64 that go with one `cred buf`: a shell's command buffer has 256 bytes by default. */
const chunkChars = 128

/**
 * Zephyr's TLS credentials. The header takes DER; with NAME_USE_PEM defined PEM, whose length counts the NUL (Mbed TLS
 * tells PEM by it). A pair of tag and type is unique (`tls_credential_add` answers -EEXIST), so each anchor has its own
 * tag. Shell: Zephyr's "TLS Credentials Shell"; BIN takes base64 of the bytes to store, and `cred list` prints base64 of
 * the SHA-256 of them.
 */
export const writeZephyr: CredentialWriter = ({ anchors, name, secTag, limit }) => {
  const tagProblems = checkSecTags(secTag, anchors.length)
  const stored = anchors.map((anchor, index) =>
    storedSize(anchor, 'der', anchor.der.length, { secTag: secTag + index, storedSha256: anchor.sha256 }),
  )
  const problems = [...tagProblems, ...checkStored(stored, limit)]
  if (tagProblems.length > 0) return { files: [], stored, limit, notes: [], problems }
  const usePem = `${name.toUpperCase()}_USE_PEM`
  const each = anchors.map((anchor, index) => ({
    anchor,
    tag: secTag + index,
    variable: numbered(name, index, anchors.length),
  }))
  const header = [
    '#include <zephyr/net/tls_credentials.h>',
    '',
    ...each.flatMap(({ anchor, variable }) => [
      `/* ${describeAnchor(anchor)} */`,
      `#ifdef ${usePem} /* needs CONFIG_MBEDTLS_PEM_CERTIFICATE_FORMAT=y */`,
      `static const char ${variable}_cert[] =`,
      `${pemLiterals([anchor])};`,
      '#else',
      `static const unsigned char ${variable}_cert[] = {`,
      byteRows(anchor.der),
      '};',
      '#endif',
      '',
    ]),
    `/* Security tags for the TLS_SEC_TAG_LIST socket option. */`,
    `static const sec_tag_t ${name}_tags[] = { ${each.map(({ tag }) => tag).join(', ')} };`,
    '',
    '/* Of a PEM string sizeof counts the NUL, as it must. */',
    `static inline int ${name}_add(void)`,
    '{',
    '    int err = 0;',
    '',
    ...each.map(
      ({ tag, variable }) =>
        `    if (err == 0) {\n        err = tls_credential_add(${tag}, TLS_CREDENTIAL_CA_CERTIFICATE,\n                                 ${variable}_cert, sizeof(${variable}_cert));\n    }`,
    ),
    '    return err;',
    '}',
  ]
  const shell = each.flatMap(({ anchor, tag }) => [
    'cred buf clear',
    ...chunks(Buffer.from(anchor.der).toString('base64')).map((chunk) => `cred buf ${chunk}`),
    `cred add ${tag} CA DEFAULT BIN`,
    `cred list ${tag} CA`,
  ])
  return {
    files: [
      textFile(`${name}.h`, guarded(name, header), `C header: ${name}_add() before the first connection`),
      textFile(
        `${name}.shell`,
        `${shell.join('\n')}\n`,
        'lines for the credentials shell (CONFIG_TLS_CREDENTIALS_SHELL=y)',
      ),
    ],
    stored,
    limit,
    notes: [
      `The header stores DER; define ${usePem} for PEM, which needs CONFIG_MBEDTLS_PEM_CERTIFICATE_FORMAT=y (off by default) and one byte more for the NUL`,
      ...each.map(
        ({ anchor, tag }) =>
          `cred list ${tag} CA must show ${Buffer.from(anchor.sha256, 'hex').toString('base64')}: base64 of the SHA-256 of the DER`,
      ),
      `CONFIG_TLS_MAX_CREDENTIALS_NUMBER must have room for ${anchors.length} more`,
      'Where TLS runs in an nRF91 modem its own store counts: use nrf-at',
    ],
    problems,
  }
}

function chunks(text: string): string[] {
  return text.match(new RegExp(`.{1,${chunkChars}}`, 'g')) ?? []
}
