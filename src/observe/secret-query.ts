import { BLANK, blankText, blankUrl, isPlainParameter } from './secrets.ts'

/** A query that was named by its place, as a secret: nothing of it is shown but the names of its parameters. */
export class SecretQuery {
  /** As in a request line. Private to the class: nothing that is printed or stored whole shows it. */
  readonly #sent: string
  /** What a server may echo: the whole, each pair and each value, in every form that percent-encoding gives it. */
  readonly values: readonly string[]

  constructor(written: string) {
    this.#sent = encoded(written.replace(/^\?/, ''))
    this.values = echoed(this.#sent)
  }

  get sent(): string {
    return this.#sent
  }

  /** Names stay where each pair has a value and a name that is a plain word; else the secret has no names. */
  get shown(): string {
    const names = this.#sent.split('&').map((pair) => /^([A-Za-z][A-Za-z_-]{0,23})=+[^=]/.exec(pair)?.[1])
    return names.includes(undefined) ? BLANK : names.map((name) => `${name}=${BLANK}`).join('&')
  }

  /** The name of a parameter that was read out of it, as far as it may be shown. */
  shownName(name: string): string {
    return this.shown === BLANK ? BLANK : name
  }

  /** `url` with this query, for people and files. A fragment is never sent, and goes. */
  shownWith(url: string): string {
    return `${blankUrl(withoutFragment(url))}?${this.shown}`
  }

  /** A path or URL that a server made: its query is blanked whole, and what is echoed elsewhere; never its host. */
  blankIn(url: string): string {
    const [, origin = '', path = '', query] =
      /^((?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]*)?([^?]*)(\?.*)?$/is.exec(blankUrl(url)) ?? []
    const at = origin.lastIndexOf('@')
    const userinfo = at < 0 ? '' : `${origin.slice(0, origin.indexOf('//') + 2)}${BLANK}@`
    const host = at < 0 ? origin : userinfo + origin.slice(at + 1)
    return `${host}${blankText(path, this.values)}${query === undefined ? '' : `?${BLANK}`}`
  }

  /** Whether something of it stands in a path that a server made. */
  isIn(path: string): boolean {
    return this.values.some((value) => value.length >= SHORTEST_ECHO && path.includes(value))
  }
}

/** As `blankText` has it: shorter ones stand in any text. */
const SHORTEST_ECHO = 4

function encoded(query: string): string {
  return query
    .replace(/#/g, '%23')
    .replace(/[^\u0021-\u007e]+/g, (odd) => encodeURIComponent(wellFormed(odd)))
}

function echoed(query: string): string[] {
  const pairs = query.split('&')
  const values = pairs.flatMap((pair) => {
    const equals = pair.indexOf('=')
    // Dates, rights and versions of a SAS are words such as `https`, which stand in any answer.
    if (equals > 0 && isPlainParameter(pair.slice(0, equals))) return []
    return [pair, pair.slice(equals + 1)]
  })
  return [...new Set([query, ...values].flatMap(forms))].filter((value) => value !== '')
}

function forms(text: string): string[] {
  let plain = text
  try {
    plain = decodeURIComponent(text)
  } catch {
    // not percent-encoded: the raw form is all there is
  }
  const once = encodeURIComponent(wellFormed(plain))
  return [
    text,
    plain,
    plain.replace(/\+/g, ' '),
    once,
    once.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
  ]
}

function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

function withoutFragment(url: string): string {
  return url.split('#', 1)[0] ?? ''
}
