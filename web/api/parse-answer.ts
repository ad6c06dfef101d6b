/**
 * JSON of an answer, with what turns or hides text made visible: names come from certificates, servers and whoever may write,
 * and a name that runs backwards would speak for another. Once for all pages, where it comes in.
 */
export function parseAnswer(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' ? showHidden(value) : value))
}

/** As `report/escape.ts` has it: control, format, private and unassigned characters, and what is drawn as nothing. */
const hidden = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** U+202E as `\u{202e}`; tab and line feed stay. */
export function showHidden(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(hidden, (one) =>
      one === '\n' || one === '\t' ? one : `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
    )
}
