/** What stands where a secret stood. */
export const BLANK = '[blanked]'

/** What stands for a secret; one of the secret's own size keeps columns and lengths. */
export type Mask = (secret: string) => string

const blank: Mask = () => BLANK

/** A query value this long is blanked whatever its name: nobody can say that it is no token. */
const LONGEST_PLAIN_VALUE = 15
/** A value this long, of mixed letters and digits, is taken for a token when deciding what may be sent. */
const SHORTEST_TOKEN = 24

/** Parameters of a SAS or a presigned URL that hold dates, rights and versions, never a secret. */
const plainParameters = new Set(
  'se st sv sp sr spr srt ss skt ske sks skv sdd x-amz-date x-amz-expires x-amz-algorithm x-amz-signedheaders x-goog-date x-goog-expires'.split(
    ' ',
  ),
)
const secretNames = new Set('sig sas code key k pass pin pw sid policy awsaccesskeyid key-pair-id'.split(' '))
const secretWords =
  /token|secret|passw|passphrase|pwd|api[-_.]?key|access[-_.]?key|[-_.]key$|^key[-_.]|[-_.]pw$|auth|bearer|jwt|session|credential|signature|cookie/i

/** Whether a query parameter of this name (percent-decoded) is held for a secret. */
export function isSecretParameter(name: string): boolean {
  const plain = decoded(name).toLowerCase()
  return !plainParameters.has(plain) && (secretNames.has(plain) || secretWords.test(plain))
}

/** Whether a parameter of this name holds a date, a right or a version of a SAS or a presigned URL. */
export function isPlainParameter(name: string): boolean {
  return plainParameters.has(decoded(name).toLowerCase())
}

/** Whether a header of this name and value is held for a secret: Authorization, Cookie, `x-…-key`, any token. */
export function isSecretHeader(name: string, value: string): boolean {
  return secretWords.test(name) || looksLikeToken(value)
}

const harmlessHeaders =
  /^(accept|accept-encoding|accept-language|cache-control|content-type|if-match|if-none-match|if-modified-since|if-range|range|user-agent|x-ms-version|x-ms-date|x-ms-range)$/i

/** Whether a header that the user adds may reach a server that nobody verified: only what is known to carry no secret. */
export function isHarmlessHeader(name: string, value: string): boolean {
  return harmlessHeaders.test(name) && !looksLikeToken(value)
}

/**
 * Whether `path` (path and query) must not reach a server that nobody verified: a SAS, a presigned URL, a
 * parameter named like a secret, a value that looks like a token, or the token of a bot in the path.
 */
export function hasSecretQuery(path: string): boolean {
  if (blankPath(path) !== path) return true
  return parameters(path).some(({ name, value }) => !isHarmlessParameter(name, value))
}

const plainValues = [
  /^\d{1,10}$/,
  /^v?\d{1,4}([.-]\d{1,4}){1,3}$/i,
  /^[a-z]{1,12}$/i,
  /^[\w.-]{1,80}\.(bin|hex|img|zip|gz|elf|json|txt|cbor)$/i,
]

/** A number, a version, a word, a file name: too plain to be a secret under any name. */
function isHarmlessParameter(name: string, value: string): boolean {
  if (isSecretParameter(name)) return value === ''
  if (value === '') return name.length <= 12
  return plainValues.some((plain) => plain.test(decoded(value)))
}

/** `url` (or a path with query) with secret values of its query and a password before the host blanked. */
export function blankUrl(url: string): string {
  const { before, query, after } = splitQuery(url)
  const authority = before.replace(
    /^([a-z][a-z0-9+.-]*:\/\/|\/\/)([^/?#]*)@/i,
    (_, scheme: string, userinfo: string) => `${scheme}${blankUserinfo(userinfo)}@`,
  )
  const path = blankPath(authority)
  return query === undefined
    ? path + blankFragment(after)
    : `${path}?${blankQuery(query)}${blankFragment(after)}`
}

/** A query (without its `?`) with its secret values blanked; names and separators stay. */
export function blankQuery(query: string): string {
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 0) return looksLikeToken(decoded(pair)) ? BLANK : pair
      const name = pair.slice(0, equals)
      const value = pair.slice(equals + 1)
      if (value === '' || plainParameters.has(decoded(name).toLowerCase())) return pair
      return isSecretParameter(name) || value.length > LONGEST_PLAIN_VALUE ? `${name}=${BLANK}` : pair
    })
    .join('&')
}

/** `Basic`, `Bearer`, `SharedAccessSignature`; undefined when the value is the bare secret. */
export function authorizationScheme(value: string): string | undefined {
  return /^\s*([A-Za-z][A-Za-z0-9-]{0,40})\s+\S/.exec(value)?.[1]
}

/**
 * Free text (an error body, a message) with everything in it that is shaped like a secret blanked. `known` are
 * the very secrets of this run: a server may echo them in any surroundings. `mask` makes what stands there instead.
 */
export function blankText(text: string, known: readonly string[] = [], mask: Mask = blank): string {
  let clean = text.replace(
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
    (block) => mask(block),
  )
  for (const secret of [...known].sort((a, b) => b.length - a.length)) {
    if (secret.length >= 4) clean = clean.split(secret).join(mask(secret))
  }
  return (
    clean
      .replace(
        /\b((?:proxy-)?authorization["']?\s*[:=]\s*)((?:Basic|Bearer|Digest|SharedAccessSignature|SharedKey(?:Lite)?|AWS4-HMAC-SHA256)\s+)?([^\s"'<>]+)/gi,
        (_, name: string, scheme: string | undefined, secret: string) =>
          `${name}${scheme ?? ''}${mask(secret)}`,
      )
      .replace(
        /\b(Basic|Bearer|SharedAccessSignature)(\s+)(?!\[blanked\])([^\s"'<>]{8,})/g,
        (_, scheme: string, space: string, secret: string) =>
          `${scheme}${mask === blank ? ' ' : space}${mask(secret)}`,
      )
      // The end of a scheme is enough, and bounded: text without any is long.
      .replace(/([a-z0-9+.-]{1,30}:\/\/)([^\s/?#@"'<>]+)@/gi, (_, scheme: string, userinfo: string) => {
        return `${scheme}${blankUserinfo(userinfo, mask)}@`
      })
      .replace(
        /([?&;]|&amp;|\b)([A-Za-z0-9_.%-]{1,64})=([^\s&"'<>;]+)/g,
        (pair, lead: string, name: string, value: string) =>
          isSecretParameter(name) ? `${lead}${name}=${mask(value)}` : pair,
      )
      .replace(spokenSecret, (all, name: string, joint: string, value: string) =>
        harmlessValue.test(value) ? all : `${name}${joint}${maskQuoted(value, mask)}`,
      )
  )
}

/** `password:x`, `"token": "x"`, `passphrase 'x'`: a name, what joins it, and a value in quotes or up to a blank. */
const spokenSecret =
  /\b([a-z0-9_.-]{0,40}(?:passw(?:or)?d|passphrase|pwd|psk|secret|token|api[-_ ]?key|access[-_ ]?key|cookie))(["']?\s{0,4}(?:[:=]|\bis\b)\s{0,4}|\s{1,4}(?=["'`]))("[^"]*"?|'[^']*'?|`[^`]*`?|[^\s"'<>&]+)/gi
/** An error number or what is blanked already. */
const harmlessValue =
  /^["']?(\[blanked\]|-?0x[0-9a-f]{1,8}|-\d{1,6}|\d{1,3}|\(?null\)?|ESP_[A-Z_]+)[)\].,;]*["']?$/i

function maskQuoted(value: string, mask: Mask): string {
  const [, quote = '', inside = '', end = ''] = /^(["'`]?)(.*?)(["'`]?)$/s.exec(value) ?? []
  const hidden = mask(inside)
  return `${quote}${hidden}${hidden === BLANK ? quote : end}`
}

function blankUserinfo(userinfo: string, mask: Mask = blank): string {
  const colon = userinfo.indexOf(':')
  if (colon >= 0) return `${userinfo.slice(0, colon)}:${mask(userinfo.slice(colon + 1))}`
  return looksLikeToken(userinfo) ? mask(userinfo) : userinfo
}

/** Bots of some services carry their token as a path segment (`/bot123456:AA…/getMe`). */
function blankPath(path: string): string {
  return path.replace(/\/(bot)?\d{6,}:[A-Za-z0-9_-]{20,}(?=\/|$)/g, `/$1${BLANK}`)
}

function blankFragment(fragment: string): string {
  return fragment.includes('=') ? `#${blankQuery(fragment.slice(1))}` : fragment
}

/** Long, and of mixed letters and digits. */
export function looksLikeToken(value: string): boolean {
  if (value.length < SHORTEST_TOKEN) return false
  if (/^[0-9a-f]{32,}$/i.test(value)) return true
  return /^[A-Za-z0-9+/_=~.-]+$/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value)
}

function parameters(path: string): { name: string; value: string }[] {
  const { query } = splitQuery(path)
  if (query === undefined) return []
  return query.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    return equals < 0
      ? { name: '', value: pair }
      : { name: pair.slice(0, equals), value: pair.slice(equals + 1) }
  })
}

function splitQuery(url: string): { before: string; query: string | undefined; after: string } {
  const hash = url.indexOf('#')
  const after = hash < 0 ? '' : url.slice(hash)
  const rest = hash < 0 ? url : url.slice(0, hash)
  const mark = rest.indexOf('?')
  if (mark < 0) return { before: rest, query: undefined, after }
  return { before: rest.slice(0, mark), query: rest.slice(mark + 1), after }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
