import { badReference, type DataFileError } from './data-file.ts'

/** Keys and indexes that lead to a value of a file. */
export type FilePath = readonly (string | number)[]

/** What is wrong with a file whose shape is right: gathered in any order, told from its first line on. */
export class FileFaults {
  readonly #text: string
  readonly #file: string
  readonly #found: DataFileError[] = []

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  add(path: FilePath, what: string, mend: string): void {
    this.#found.push(badReference(this.#text, this.#file, path.map(String), what, mend))
  }

  throwFirst(): void {
    const [first] = this.#found.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    if (first !== undefined) throw first
  }
}
