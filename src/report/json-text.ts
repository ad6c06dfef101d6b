import type { Json } from '../observe/observation-json.ts'

/**
 * JSON text that is safe to print, in the log of a CI job too (`##[…]` is an order to its runner): control, bidirectional and invisible characters are written as `\u` escapes,
 * which a parser reads back as they were.
 */
export function formatJson(value: Json, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|##(?=\[|vso\[)/giu,
    (char) => (char === '\n' ? char : unitEscapes(char)),
  )
}

function unitEscapes(char: string): string {
  let out = ''
  for (let index = 0; index < char.length; index += 1) {
    out += `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`
  }
  return out
}
