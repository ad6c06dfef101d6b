import { type ConfigFile, ConfigFileError, configLines, type Setting, shownLine } from './config-file.ts'
import { ExpressionError, evaluate } from './expression.ts'

interface Logical {
  readonly line: number
  readonly text: string
}

/** One open `#if`: whether lines in it count, and whether one of its branches has been taken. */
interface Branch {
  readonly outer: boolean
  active: boolean
  taken: boolean
  readonly line: number
}

const depthAtMost = 64

/** Names that only compilers and systems define; a header that asks for them is not about the TLS library. */
const compilerName = /^(_{1,2}[A-Za-z]\w*|_MSC_VER|__cplusplus|DOXYGEN_ONLY|WIN32)$/

/**
 * A C header of `#define`, `#undef` and conditions. Macros that the file does not define count as undefined, unless
 * `known` has them; conditions that hang on others are noted. Throws `ConfigFileError`.
 */
export function parseHeader(
  text: string,
  file: string,
  known: (name: string) => string | undefined = () => undefined,
): ConfigFile {
  const reader = new HeaderReader(file, known)
  const logical = logicalLines(configLines(text, file), file)
  for (const [index, line] of logical.entries()) reader.read(line, logical[index + 1])
  return reader.finish()
}

/** Directives only: comments taken out, lines that end in a backslash joined; the line is that of the first. */
function logicalLines(lines: readonly string[], file: string): Logical[] {
  const found: Logical[] = []
  let inComment = false
  let commentLine = 0
  let joined = ''
  let start = 0
  for (const [index, raw] of lines.entries()) {
    if (joined === '' && start === 0) start = index + 1
    const continued = /\\\s*$/.test(raw)
    const stripped = strip(continued ? raw.replace(/\\\s*$/, '') : raw, inComment)
    if (stripped.inComment && !inComment) commentLine = index + 1
    inComment = stripped.inComment
    joined += stripped.text
    if (continued && index < lines.length - 1) continue
    if (/^\s*#/.test(joined)) found.push({ line: start, text: joined.trim() })
    joined = ''
    start = 0
  }
  if (inComment) {
    throw new ConfigFileError(
      'config-syntax',
      `${file}:${commentLine}: the comment has no end`,
      'close it with */',
    )
  }
  return found
}

function strip(text: string, open: boolean): { text: string; inComment: boolean } {
  let out = ''
  let inComment = open
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const two = text.slice(at, at + 2)
    const char = text[at] ?? ''
    if (inComment) {
      if (two === '*/') {
        inComment = false
        out += ' '
        at += 1
      }
    } else if (quote !== '') {
      out += char
      if (char === '\\') out += text[++at] ?? ''
      else if (char === quote) quote = ''
    } else if (two === '//') {
      break
    } else if (two === '/*') {
      inComment = true
      at += 1
    } else {
      if (char === '"') quote = char
      out += char
    }
  }
  return { text: out, inComment }
}

class HeaderReader {
  readonly #file: string
  readonly #known: (name: string) => string | undefined
  readonly #settings = new Map<string, Setting>()
  readonly #includes: string[] = []
  readonly #assumed: { line: number; text: string }[] = []
  readonly #branches: Branch[] = []

  constructor(file: string, known: (name: string) => string | undefined) {
    this.#file = file
    this.#known = known
  }

  get #active(): boolean {
    return this.#branches.at(-1)?.active ?? true
  }

  read({ line, text }: Logical, next: Logical | undefined): void {
    const [, directive = '', rest = ''] = /^#\s*([A-Za-z]*)\s*(.*)$/s.exec(text) ?? []
    switch (directive) {
      case 'if':
        this.#open(line, () => this.#condition(rest, line, text))
        break
      case 'ifdef':
      case 'ifndef': {
        const name = /^[A-Za-z_]\w*/.exec(rest)?.[0]
        if (name === undefined)
          throw this.#bad(line, `#${directive} names no macro`, `write #${directive} NAME`)
        // A guard against being included twice is no condition of the configuration.
        const guard = directive === 'ifndef' && next?.text.replace(/\s+/g, ' ') === `#define ${name}`
        this.#open(line, () => this.#isDefined(name, line, guard ? '' : text) === (directive === 'ifdef'))
        break
      }
      case 'elif':
        this.#alternative(line, () => this.#condition(rest, line, text))
        break
      case 'else':
        this.#alternative(line, () => true)
        break
      case 'endif':
        if (this.#branches.pop() === undefined)
          throw this.#bad(line, '#endif without #if', 'take it out, or add the #if')
        break
      default:
        if (this.#active) this.#act(directive, rest, { line, text })
    }
  }

  finish(): ConfigFile {
    const open = this.#branches.at(-1)
    if (open !== undefined) throw this.#bad(open.line, 'the #if has no #endif', 'add the #endif')
    return { syntax: 'header', settings: this.#settings, includes: this.#includes, assumed: this.#assumed }
  }

  #act(directive: string, rest: string, { line, text }: Logical): void {
    if (directive === 'define') {
      const [, name, args, value = ''] = /^([A-Za-z_]\w*)(\([^)]*\))?\s*(.*)$/s.exec(rest) ?? []
      if (name === undefined) throw this.#bad(line, '#define names no macro', 'write #define NAME value')
      // A macro with arguments stands for code, not for a setting.
      if (args !== undefined && !/^\(\s*[\d-]/.test(args)) return
      const body = `${args ?? ''} ${value}`.trim()
      this.#settings.set(name, { name, on: true, value: body, line, text: shownLine(text) })
    } else if (directive === 'undef') {
      const name = /^[A-Za-z_]\w*/.exec(rest)?.[0]
      if (name === undefined) throw this.#bad(line, '#undef names no macro', 'write #undef NAME')
      this.#settings.set(name, { name, on: false, value: '', line, text: shownLine(text) })
    } else if (directive === 'include') {
      this.#includes.push(rest.replace(/^["<]|[">]\s*$/g, ''))
    } else if (directive === 'error') {
      this.#assumed.push({ line, text: shownLine(text) })
    } else if (!['pragma', 'warning', 'line', ''].includes(directive)) {
      throw this.#bad(line, `#${directive.slice(0, 20)} is no directive`, 'give a C header')
    }
  }

  #open(line: number, condition: () => boolean): void {
    if (this.#branches.length >= depthAtMost)
      throw this.#bad(line, `more than ${depthAtMost} #if in one another`, 'give a simpler header')
    const outer = this.#active
    const active = outer && condition()
    this.#branches.push({ outer, active, taken: active, line })
  }

  #alternative(line: number, condition: () => boolean): void {
    const branch = this.#branches.at(-1)
    if (branch === undefined) throw this.#bad(line, '#else or #elif without #if', 'add the #if')
    branch.active = branch.outer && !branch.taken && condition()
    branch.taken ||= branch.active
  }

  #value(name: string): string | undefined {
    const own = this.#settings.get(name)
    if (own !== undefined) return own.on ? own.value : undefined
    return this.#known(name)
  }

  #isDefined(name: string, line: number, text: string): boolean {
    const defined = this.#value(name) !== undefined
    if (!defined && text !== '') this.#note([name], line, text)
    return defined
  }

  #condition(rest: string, line: number, text: string): boolean {
    try {
      const { value, undefinedNames } = evaluate(rest, (name) => this.#value(name))
      this.#note(undefinedNames, line, text)
      return value !== 0n
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      this.#assumed.push({ line, text: `${shownLine(text)} (taken as not so: ${error.message})` })
      return false
    }
  }

  #note(names: readonly string[], line: number, text: string): void {
    const outside = names.filter((name) => !compilerName.test(name) && !this.#settings.has(name))
    if (outside.length > 0) this.#assumed.push({ line, text: `${shownLine(text)} (taken as not defined)` })
  }

  #bad(line: number, what: string, hint: string): ConfigFileError {
    return new ConfigFileError('config-syntax', `${this.#file}:${line}: ${what}`, hint)
  }
}

/** Whole number that a macro stands for; undefined where it is none. */
export function headerInteger(setting: Setting, settings: ConfigFile['settings']): number | undefined {
  try {
    const { value } = evaluate(setting.value, (name) => {
      const other = settings.get(name)
      return other?.on === true ? other.value : undefined
    })
    return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined
  } catch (error) {
    if (error instanceof ExpressionError) return undefined
    throw error
  }
}
