import type { Setting } from './config-file.ts'

/**
 * Macros of a library as a build has them: what the file says over what holds when it says nothing. Names stand
 * without the library's prefix. A need is a list of names, all of which must hold: `AES_C !ARIA_C`.
 */
export class Macros {
  readonly #own: ReadonlyMap<string, Setting>
  readonly #unsaid: ReadonlySet<string>
  readonly #usual: ReadonlySet<string>

  /** `unsaid`: what is on where the file does not say; `usual`: what the library has on by default. */
  constructor(own: ReadonlyMap<string, Setting>, unsaid: readonly string[], usual: readonly string[]) {
    this.#own = own
    this.#unsaid = new Set(unsaid)
    this.#usual = new Set(usual)
  }

  has(name: string): boolean {
    return this.#own.get(name)?.on ?? this.#unsaid.has(name)
  }

  holds(need: string): boolean {
    return namesIn(need).every((name) => (name.startsWith('!') ? !this.has(name.slice(1)) : this.has(name)))
  }

  /** The same for a build that changes nothing. */
  usuallyHolds(need: string): boolean {
    return namesIn(need).every((name) =>
      name.startsWith('!') ? !this.#usual.has(name.slice(1)) : this.#usual.has(name),
    )
  }

  /** What the file says of a name; undefined where it says nothing. */
  said(name: string): Setting | undefined {
    return this.#own.get(name)
  }

  /** Lines that make a difference among the names of these needs, in the order of the file, each once. */
  differences(needs: readonly string[]): readonly Setting[] {
    const asked = new Set(needs.flatMap(namesIn).map((name) => name.replace('!', '')))
    const found = [...asked].flatMap((name) => {
      const setting = this.#own.get(name)
      return setting === undefined || setting.on === this.#usual.has(name) ? [] : [setting]
    })
    return found.sort((a, b) => a.line - b.line)
  }
}

function namesIn(need: string): string[] {
  return need.split(' ').filter((name) => name !== '')
}
