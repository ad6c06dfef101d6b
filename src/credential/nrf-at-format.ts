import { createHash } from 'node:crypto'
import { formatPem } from '../x509/pem.ts'
import type { CredentialWriter } from './credential.ts'
import { checkSecTags } from './sec-tags.ts'
import { textFile } from './source-text.ts'
import { checkStored, storedSize } from './stored-size.ts'

/**
 * AT%CMNG of nRF91 modems, nRF9160 and nRF91x1 AT Commands, %CMNG set command: `=0,<sec_tag>,<type>,"<content>"`
 * writes, type 0 is a root CA; a pair of tag and type is unique, so each anchor gets its own tag. Writing is refused
 * (+CME ERROR: 518) while the modem is in functional mode 1, 2 or 21.
 *
 * The SHA-256 that `=1` lists is of the text between the quotation marks, byte for byte as it was written, the line
 * feed at its end included: Nordic's own nrfcredstore writes `"{cred_text}"` and compares with `sha256(cred_text)`
 * (command_interface.py, `calculate_expected_hash`).
 */
export const writeNrfAt: CredentialWriter = ({ anchors, name, secTag, limit }) => {
  const tagProblems = checkSecTags(secTag, anchors.length)
  const stored = anchors.map((anchor, index) => {
    const pem = formatPem(anchor.der)
    const storedSha256 = createHash('sha256').update(pem).digest('hex')
    return storedSize(anchor, 'pem', pem.length, { secTag: secTag + index, storedSha256 })
  })
  const problems = [...tagProblems, ...checkStored(stored, limit)]
  if (tagProblems.length > 0) return { files: [], stored, limit, notes: [], problems }
  const lines = [
    'AT+CFUN=4',
    ...anchors.flatMap(({ der }, index) => [
      `AT%CMNG=0,${secTag + index},0,"${formatPem(der)}"`,
      `AT%CMNG=1,${secTag + index},0`,
    ]),
  ]
  return {
    files: [textFile(`${name}.at`, `${lines.join('\n')}\n`, 'AT commands, LF only')],
    stored,
    limit,
    notes: [
      'The modem must be offline to be written to: AT+CFUN=4 first (+CME ERROR: 518 says it is not)',
      'End each command as the AT host expects (CR by default in the nRF Connect SDK); inside the quotation marks keep LF alone',
      ...stored.map(
        (one) =>
          `After writing, AT%CMNG=1,${one.secTag},0 must answer %CMNG: ${one.secTag},0,"${one.storedSha256!.toUpperCase()}"`,
      ),
      'That is the SHA-256 of the PEM between the quotation marks with its last LF; another one means that a terminal changed the line ends',
      ...(anchors.length > 7
        ? ['A socket takes 7 security tags at most (nrf_socket.h; 8 in older headers)']
        : []),
    ],
    problems,
  }
}
