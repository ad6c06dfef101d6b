import { hmac } from '../crypto/hash.ts'
import { BLANK } from '../observe/secrets.ts'
import { formatIp, parseIp } from '../x509/ip-address.ts'

export interface KeptNames {
  /** Host patterns of services, such as `*.blob.core.windows.net`: what is written out in them stays. */
  readonly hosts: readonly string[]
  /** Values of names of public CAs, such as `DigiCert Inc`. */
  readonly authorities: ReadonlySet<string>
}

/** Ends that say nothing of whose name it is. */
const commonEnds =
  'com net org io de fr uk eu us cn jp kr in nl se no dk fi ch at it es pl br au ca dev app cloud info biz local lan internal test example invalid localhost'.split(
    ' ',
  )

/** More tries than there are words of one character. */
const MAX_TRIES = 2000

/**
 * One capsule's pseudonyms: a name becomes the same letters of the same length wherever it stands, dots, hyphens and
 * case kept, and two names never become one. `key` is random and thrown away afterwards, so nobody can try names.
 */
export class Pseudonyms {
  readonly #key: Uint8Array
  readonly #patterns: readonly (readonly string[])[]
  readonly #authorities: ReadonlySet<string>
  readonly #words = new Map<string, string>()
  readonly #taken = new Set<string>()

  constructor(key: Uint8Array, kept: KeptNames) {
    this.#key = key
    const hosts = [...commonEnds, ...kept.hosts]
    this.#patterns = hosts.map((host) => host.toLowerCase().split('.').reverse())
    this.#authorities = kept.authorities
  }

  /** Whether this is the name of a public CA, as it stands in a certificate. */
  isAuthority(value: string): boolean {
    return this.#authorities.has(value)
  }

  /** Free text: hosts and addresses in it as such, every other word by itself. */
  text(text: string): string {
    return text
      .split(BLANK)
      .map((part) =>
        part.replace(
          /([a-z][a-z0-9+.-]{1,15}:\/\/)|\[?[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}\]?|[A-Za-z0-9\u0080-\uffff*_.-]+/gi,
          (token: string, scheme: string | undefined) => scheme ?? this.host(token),
        ),
      )
      .join(BLANK)
  }

  /** A host name, wildcard or address literal (in brackets or not). */
  host(host: string): string {
    const bare = host.replace(/^\[|\]$/g, '')
    if (parseIp(bare) !== undefined) return host.replace(bare, () => this.address(bare))
    const labels = host.split('.')
    const out: string[] = []
    let open = this.#patterns
    for (let at = labels.length - 1, depth = 0; at >= 0; at--) {
      const label = labels[at] as string
      // A final dot is no label.
      if (label === '' && at === labels.length - 1) {
        out.unshift(label)
        continue
      }
      const wanted = label.toLowerCase()
      open = open.filter((pattern) => depth < pattern.length && fits(pattern[depth] as string, wanted))
      // A name of one word, such as `net`, is a name and no end.
      const end = labels.length > 1 || wanted === 'localhost'
      const literal = end && open.some((pattern) => pattern[depth] === wanted)
      out.unshift(literal ? label : this.words(label))
      depth++
    }
    return out.join('.')
  }

  /** Every run of letters and digits by itself, what stands between them kept. */
  words(text: string): string {
    return text.replace(/[A-Za-z0-9\u0080-\uffff]+/g, (word) => this.word(word))
  }

  /** An address of the same length; loopback, unspecified and the prefix of private networks tell nothing of anybody. */
  address(address: string): string {
    const bytes = parseIp(address)
    if (bytes === undefined) return this.words(address)
    if (bytes.every((byte, i) => byte === 0 || (i === bytes.length - 1 && byte === 1))) return address
    if (bytes.length === 4) {
      if (bytes[0] === 127) return address
      const keep = bytes[0] === 10 ? 1 : bytes[0] === 192 && bytes[1] === 168 ? 2 : 0
      const head = address.split('.').slice(0, keep)
      return this.#fresh(`ip ${address}`, (fill) =>
        [...head, ...[...bytes].slice(keep).map((octet, i) => octetLike(octet, fill(i)))].join('.'),
      )
    }
    const canonical = formatIp(bytes) ?? address
    const made = this.#fresh(`ip ${canonical}`, (fill) => {
      let at = 0
      return canonical.replace(/[0-9a-f]+/g, (group) => hexLike(group, () => fill(at++)))
    })
    return address === canonical ? made : this.#reshape(address, made)
  }

  /** The pseudonym of one run of letters and digits, digits for digits, case kept. */
  word(word: string): string {
    const lower = word.toLowerCase()
    if (lower === 'xn') return word
    const made = this.#fresh(lower, (fill) =>
      [...lower].map((char, i) => (/[0-9]/.test(char) ? String(fill(i) % 10) : letter(fill(i)))).join(''),
    )
    return [...word].map((char, i) => (/[A-Z]/.test(char) ? made.charAt(i).toUpperCase() : made[i])).join('')
  }

  /** As many hex digits, those of the hash of it. */
  hex(hex: string): string {
    const fill = this.#stream(`hex ${hex.toLowerCase()}`)
    let at = 0
    return hex.replace(/[0-9a-f]/gi, (digit) => {
      const made = (fill(at++) % 16).toString(16)
      return /[A-F]/.test(digit) ? made.toUpperCase() : made
    })
  }

  /** As many bytes; the same for the same. */
  bytes(bytes: Uint8Array): Uint8Array {
    const fill = this.#stream(`bytes ${Buffer.from(bytes).toString('hex')}`)
    return Uint8Array.from(bytes, (_, i) => fill(i))
  }

  /** Another text of the same shape that nothing else has become. */
  #fresh(name: string, make: (fill: (at: number) => number) => string): string {
    const known = this.#words.get(name)
    if (known !== undefined) return known
    let made = ''
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      made = make(this.#stream(`${tries} ${name}`))
      if (made !== name && `ip ${made}` !== name && !this.#taken.has(made)) break
    }
    this.#taken.add(made)
    this.#words.set(name, made)
    return made
  }

  #stream(seed: string): (at: number) => number {
    const blocks: Uint8Array[] = []
    return (at) => {
      const block = Math.floor(at / 32)
      blocks[block] ??= hmac('sha256', this.#key, Buffer.from(`${block} ${seed}`, 'utf8'))
      return blocks[block]?.[at % 32] ?? 0
    }
  }

  /** An IPv6 address that was not written in its shortest form keeps its length all the same. */
  #reshape(written: string, made: string): string {
    const fill = this.#stream(made)
    let at = 0
    return written.replace(/[0-9a-f]+/gi, (group) => hexLike(group, () => fill(at++)))
  }
}

function fits(pattern: string, label: string): boolean {
  if (pattern === label || pattern === '*') return true
  return pattern.startsWith('*') && label.endsWith(pattern.slice(1))
}

function letter(byte: number): string {
  return String.fromCharCode(97 + (byte % 26))
}

/** As many digits, and still an octet. */
function octetLike(octet: number, byte: number): string {
  if (octet < 10) return String(1 + (byte % 9))
  if (octet < 100) return String(10 + (byte % 90))
  return String(100 + (byte % 156))
}

function hexLike(group: string, next: () => number): string {
  return [...group]
    .map((_, i) => (i === 0 ? (group.startsWith('0') ? 0 : 1 + (next() % 15)) : next() % 16).toString(16))
    .join('')
}
