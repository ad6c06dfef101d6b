import type { Limit } from '../device/limit.ts'
import type { CredentialProblem, CredentialWriter } from './credential.ts'
import { numbered, plainName } from './plain-text.ts'
import { textFile } from './source-text.ts'
import { checkStored, storedAsDer } from './stored-size.ts'

/** As in `devices/spwf04sx.yaml`. */
export const spwf04Limit: Limit = {
  value: 1475,
  atLeast: undefined,
  counts: 'bundle',
  candidates: [],
  passes: {},
  fails: {},
  disputed: [],
  confidence: 'vendor-forum',
  source: 'https://community.st.com/s/question/0D50X00009XkY5USAV',
}

/**
 * AT+S.TLSCERT of the ST SPWF04: `=ca,<length>`, then that many bytes. DER always: it is a quarter smaller, and the
 * module reads the SubjectKeyId out of it by itself (community.st.com 0D50X00009XkXJjSAN, thread 45239). ST's own driver
 * writes `AT+S.TLSCERT=…,%d\r` and then the bytes.
 */
export const writeSpwf04: CredentialWriter = ({ anchors, name, limit }) => {
  const stored = anchors.map(storedAsDer)
  const names = anchors.map((_, index) => `${numbered(name, index, anchors.length)}.der`)
  const commands = ['AT+S.TLSCERT=content,2', ...stored.map(({ derBytes }) => `AT+S.TLSCERT=ca,${derBytes}`)]
  const withoutKeyId = anchors.filter(({ subjectKeyId }) => subjectKeyId === undefined)
  const problems: CredentialProblem[] = withoutKeyId.map((anchor) => ({
    code: 'not-in-format',
    text: `${plainName(anchor)} has no subject key identifier, by which the module finds its CA`,
  }))
  return {
    files: [
      textFile(
        `${name}.at`,
        `${commands.join('\n')}\n`,
        'commands; each ca is followed by the bytes of its file',
      ),
      ...anchors.map(({ der }, index) => ({
        name: names[index]!,
        bytes: der,
        about: `${der.length} bytes to send after AT+S.TLSCERT=ca,${der.length}`,
      })),
    ],
    stored,
    limit,
    notes: [
      'AT+S.TLSCERT=content,2 clears what is stored; set the time (AT+S.TIME) before TLS',
      'End each command with CR alone; the bytes of the certificate follow at once, so an LF would be taken for the first of them',
      ...anchors.flatMap(({ subjectKeyId }, index) =>
        subjectKeyId === undefined
          ? []
          : [`After ${names[index]} the module must print AT-S.SubjectKeyId:${colons(subjectKeyId)}`],
      ),
      ...(anchors.length > 1
        ? [
            'All anchors together count against 1475 bytes; how the module takes several is not documented: try it, or front the hosts with one CA',
          ]
        : []),
    ],
    problems: [...problems, ...checkStored(stored, limit)],
  }
}

function colons(hex: string): string {
  return hex.toUpperCase().replace(/..(?=.)/g, '$&:')
}
