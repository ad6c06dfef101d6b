/** A configuration file that cannot be read as one. Names the line where there is one, and what mends it. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError'
  /** Kebab-case, such as `config-unknown`. */
  readonly code: string
  readonly hint: string

  constructor(code: string, message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

/** One macro or symbol as the file leaves it: the last line that sets it counts. */
export interface Setting {
  readonly name: string
  /** Defined, or set to other than `n`. */
  readonly on: boolean
  /** What it is set to, without quotes; empty for a bare `#define`. */
  readonly value: string
  /** 1-based. */
  readonly line: number
  /** The line itself, cut to what a report can show. */
  readonly text: string
}

/** What a configuration says, whatever its syntax. */
export interface ConfigFile {
  readonly syntax: 'header' | 'kconfig'
  readonly settings: ReadonlyMap<string, Setting>
  /** Files that a header includes, as written. */
  readonly includes: readonly string[]
  /** Conditions that hang on macros from outside the file, and how they were taken. */
  readonly assumed: readonly { readonly line: number; readonly text: string }[]
}

/** Larger than any configuration there is. */
const configFileLimit = 1_048_576
const linesAtMost = 50_000
const textAtMost = 160

/** Text of a file's lines, without byte order mark. Throws `ConfigFileError` for what is no text or too long. */
export function configLines(text: string, file: string): readonly string[] {
  if (text.length > configFileLimit) {
    throw new ConfigFileError(
      'file-too-large',
      `${file} has ${text.length} characters, no configuration`,
      `give a file of at most ${configFileLimit}`,
    )
  }
  if (text.includes('\0')) {
    throw new ConfigFileError(
      'config-unknown',
      `${file} is no text`,
      'give an sdkconfig, a prj.conf or a header',
    )
  }
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  if (lines.length > linesAtMost) {
    throw new ConfigFileError(
      'file-too-large',
      `${file} has ${lines.length} lines, no configuration`,
      `give a file of at most ${linesAtMost} lines`,
    )
  }
  return lines
}

export function shownLine(text: string): string {
  const flat = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return flat.length <= textAtMost ? flat : `${flat.slice(0, textAtMost - 1)}…`
}
