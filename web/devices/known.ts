/** One value of a device, in words. */
export interface Known {
  readonly part: string
  readonly name: string
  readonly value: string
  readonly more: readonly string[]
  readonly note: string | null
  readonly confidence: string
  readonly source: string
}

/** What it prints where something fails. */
export interface ErrorWords {
  readonly when: readonly string[]
  readonly code: string
  readonly log: string | null
  readonly detail: string | null
  readonly confidence: string
  readonly source: string
}

/** What is peculiar to it. */
export interface Quirk {
  readonly value: string
  readonly note: string | null
  readonly confidence: string
  readonly source: string
}

/** One endpoint that such devices took or refused. */
export interface FieldStory {
  readonly id: string
  readonly outcome: 'accepted' | 'refused'
  readonly endpoint: string
  readonly seen: string
  readonly words: readonly string[]
  readonly confidence: string
  readonly source: string
}

/** How to learn what is not known. */
export interface Measure {
  readonly recipe: string
  readonly title: string
  readonly commands: readonly string[]
  readonly settles: readonly { readonly part: string; readonly question: string }[]
}

/** What the page shows of `tlsfit/device@1`, which `devices show --format json` prints. */
export interface KnownDevice {
  readonly device: {
    readonly id: string
    readonly name: string
    readonly errors: readonly ErrorWords[]
    readonly quirks: readonly Quirk[]
  }
  readonly sections: readonly {
    readonly group: string
    readonly title: string
    readonly values: readonly Known[]
  }[]
  readonly field: readonly FieldStory[]
  readonly measures: readonly Measure[]
}
