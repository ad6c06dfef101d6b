/**
 * Writing DER, ITU-T X.690 §10: values in, encoded elements out. Only what the lab's certificates need;
 * reading is `x509/`, which keeps its own code so that a mistake in one cannot hide in the other.
 */

export type Der = Uint8Array

/** One element: identifier octet, definite length in its shortest form, contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Der {
  const body = Buffer.concat(contents)
  return Buffer.concat([Uint8Array.of(tag), lengthOctets(body.length), body])
}

export function sequence(...items: readonly Der[]): Der {
  return element(0x30, ...items)
}

/** SET OF: the encodings are sorted, X.690 §11.6. */
export function setOf(...items: readonly Der[]): Der {
  return element(0x31, ...[...items].sort(Buffer.compare))
}

/** `magnitude` is big-endian and not negative; leading zeros go, a sign octet comes where it is needed. */
export function integer(magnitude: Uint8Array | number): Der {
  const bytes = typeof magnitude === 'number' ? smallMagnitude(magnitude) : magnitude
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const trimmed = bytes.subarray(start)
  const needsSign = trimmed.length === 0 || trimmed[0]! >= 0x80
  return element(0x02, needsSign ? Uint8Array.of(0) : new Uint8Array(), trimmed)
}

/** DER leaves out a DEFAULT FALSE, so only TRUE is ever written. */
export function booleanTrue(): Der {
  return element(0x01, Uint8Array.of(0xff))
}

export function nullValue(): Der {
  return element(0x05)
}

export function octetString(bytes: Uint8Array): Der {
  return element(0x04, bytes)
}

/** `unusedBits` counts from the end of the last byte. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Der {
  return element(0x03, Uint8Array.of(unusedBits), bytes)
}

/** `dotted` such as `2.5.29.17`. */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

export function utf8String(text: string): Der {
  return element(0x0c, Buffer.from(text, 'utf8'))
}

/** The caller keeps to the PrintableString alphabet, X.680 §41.4. */
export function printableString(text: string): Der {
  return element(0x13, Buffer.from(text, 'latin1'))
}

/** A Time as RFC 5280 §4.1.2.5 wants it: UTCTime through 2049, GeneralizedTime after. Whole seconds. */
export function time(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : element(0x18, Buffer.from(digits, 'latin1'))
}

/** `[number]` that replaces the tag of a primitive value, such as a GeneralName. */
export function implicit(number: number, contents: Uint8Array): Der {
  return element(0x80 | number, contents)
}

/** `[number]` around whole elements. */
export function explicit(number: number, ...items: readonly Der[]): Der {
  return element(0xa0 | number, ...items)
}

/** PEM armour, RFC 7468 §3, 64 characters a line. */
export function armour(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function lengthOctets(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  const bytes = smallMagnitude(length)
  return Uint8Array.of(0x80 | bytes.length, ...bytes)
}

function smallMagnitude(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Uint8Array.from(bytes)
}

function base128(arc: number): number[] {
  const groups = [arc & 0x7f]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    groups.unshift((rest & 0x7f) | 0x80)
  }
  return groups
}
