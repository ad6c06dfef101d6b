/**
 * A fault in the words of the file's author, as the message of a schema's check: what is wrong, and how to mend it. A
 * message without the first part is the mend alone, and what is wrong is told by what was found.
 */
export function faultWords(what: string, mend: string): string {
  return `${what}\n${mend}`
}

export function readFaultWords(message: string): {
  readonly what: string | undefined
  readonly mend: string
} {
  const [first = '', mend] = message.split('\n')
  return mend === undefined ? { what: undefined, mend: first } : { what: first, mend }
}
