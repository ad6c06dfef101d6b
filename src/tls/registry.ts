/**
 * Looks up rows of a code registry both ways. `rows` is keyed by the registry's own name.
 * `unknown` names a code without a row, such as `alert(177)`.
 */
export class Registry<Row extends { readonly code: number }> {
  readonly #byCode = new Map<number, { readonly name: string; readonly row: Row }>()
  readonly #byName: ReadonlyMap<string, Row>
  readonly #unknown: (code: number) => string

  constructor(rows: Readonly<Record<string, Row>>, unknown: (code: number) => string) {
    for (const [name, row] of Object.entries(rows)) this.#byCode.set(row.code, { name, row })
    this.#byName = new Map(Object.entries(rows))
    this.#unknown = unknown
  }

  /** undefined for a code that the table does not have. */
  find(code: number): Row | undefined {
    return this.#byCode.get(code)?.row
  }

  /** The row's name; `GREASE(0x0a0a)` or the unknown form otherwise. Never throws. */
  format(code: number): string {
    return this.#byCode.get(code)?.name ?? this.#unknown(code)
  }

  /** The code of an exact registry name; undefined for a name that the table does not have. */
  parse(name: string): number | undefined {
    return this.#byName.get(name)?.code
  }
}
