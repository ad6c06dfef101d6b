import { blankLine } from '../log/log-line.ts'
import { PemError, parsePem } from '../x509/pem.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import type { ChainRedaction } from './redact-chain.ts'

/** A letter that no base64 padding and no code has: a blanked secret is seen to be one. */
const mask = (secret: string) => secret.replace(/[^\s]/g, 'x')

/**
 * Lines of a log with secrets blanked at equal size and pseudonyms for names and addresses. Codes, times and the texts
 * of components stay; so does the number of lines.
 */
export function redactLog(lines: readonly string[], names: Pseudonyms, chains: ChainRedaction): string[] {
  const known = knownNames(lines)
  const out: string[] = []
  let block: string[] | undefined
  let before = ''
  const closeBlock = (whole: boolean) => {
    if (block !== undefined) {
      const [first = '', ...rest] = redactBlock(block, chains, whole)
      out.push(before + first, ...rest)
    }
    block = undefined
  }
  for (const line of lines) {
    const begin = block === undefined ? line.search(/-----BEGIN [A-Z0-9 ]+-----/) : 0
    if (begin < 0) {
      out.push(redactLine(line, names, known))
      continue
    }
    // What stands before the block, such as the command that stores it, is no part of it.
    if (block === undefined) [block, before] = [[], redactLine(line.slice(0, begin), names, known)]
    block.push(line.slice(begin))
    if (/-----END [A-Z0-9 ]+-----/.test(line)) closeBlock(true)
    else if (block.length > MAX_BLOCK_LINES) closeBlock(false)
  }
  closeBlock(false)
  return out
}

const MAX_BLOCK_LINES = 400

/** Line by line, the rules in this order: what one has replaced is no name for the next. */
export function redactLine(line: string, names: Pseudonyms, known: ReadonlySet<string> = new Set()): string {
  let out = blankLine(line, mask)
  for (const [shape, rename] of rules)
    out = out.replace(shape, (...match) => rename(match as string[], names))
  return known.size === 0
    ? out
    : out.replace(wordShape, (word) => (known.has(word.toLowerCase()) ? names.words(word) : word))
}

type Rename = (match: readonly string[], names: Pseudonyms) => string

/** The second group is what is renamed; the first and third stand around it. */
const renamed =
  (rename: (text: string, names: Pseudonyms) => string): Rename =>
  ([, before = '', text = '', after], names) =>
    `${before}${rename(text, names)}${typeof after === 'string' ? after : ''}`

const words = renamed((text, names) => names.text(text))

const rules: readonly (readonly [RegExp, Rename])[] = [
  // Scheme, authority and path of a URL.
  [/\b([a-z][a-z0-9+.-]{1,15}:\/\/)([^\s"'<>,;)\]}|\\]{1,600})()/gi, words],
  // User names and host names where they are said to be such.
  [
    /\b((?:ssid|bssid|user(?:[ _]?name)?|login|client[ _]?id|device[ _]?id|thing[ _]?name|hub[ _]?name|host(?:[ _]?name)?|server[ _]?name|sni|apn|broker|endpoint|account|tenant|topic)(?: (?:is|to))?\s{0,3}[:=]\s{0,3}["'`<[]?)([A-Za-z0-9\u0080-\uffff][A-Za-z0-9\u0080-\uffff_.@/-]{0,200})()/gi,
    words,
  ],
  [/\b((?:ssid|network|access point|ap)\s{0,3}[:=]?\s{0,3}["'`])([^"'`]{1,64})(["'`])/gi, words],
  [/(\bwifi:\s?connected with )([^,]{1,64})(, )/gi, words],
  [
    /(\b(?:pass(?:word|phrase|wd)?|psk|pwd|secret|pin)\s{0,3}[:=]\s{0,3}["'`]?)([^\s"'`,;]{1,200})()/gi,
    renamed(mask),
  ],
  // AT commands: the first string, where it is no type of a network.
  [
    /(\bAT[%+#$*][A-Z]{0,14}(?:CWJAP|CWSAP|CONN|AUTH|USERCFG|CSTT|QICSGP|CGDCONT|OPEN|HOSTNAME|UMQTT)[A-Z]{0,12}=[^"]{0,20}"(?!IP"|IPV6"|IPV4V6"|TCP"|UDP"|SSL"|TLS"))([^"]{1,200})()/gi,
    words,
  ],
  [/(\bAT\+CGDCONT=\d{1,2},"(?:IP|IPV6|IPV4V6)",")([^"]{1,100})(")/gi, words],
  // Home folders.
  [/((?:\/home\/|\/Users\/|\\Users\\))([^/\\\s"']{1,64})()/g, words],
  // Addresses of mail, of hardware, of networks.
  [/()\b([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,64}(?:\.[A-Za-z0-9-]{1,64}){1,5})()/g, words],
  [/()\b([0-9a-f]{2}(?:[:-][0-9a-f]{2}){5,19})\b()/gi, renamed((text, names) => names.hex(text))],
  [
    /()\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b()/gi,
    renamed((text, names) => names.hex(text)),
  ],
  [
    /(^|[^A-Za-z0-9_.-])((?:\d{1,3}\.){3}\d{1,3})(?![\w.]|-rc)/g,
    renamed((text, names) => names.address(text)),
  ],
  [
    /(^|[^A-Za-z0-9_:.])((?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6})(?![\w:.])/gi,
    renamed((text, names) => (/[a-f]|::|:[0-9a-f]{3,4}:/i.test(text) ? names.address(text) : text)),
  ],
  // IMEI, ICCID, IMSI and telephone numbers.
  [/(^|[^0-9a-zx.])(\d{14,22})(?![0-9.])/gi, renamed((text, names) => names.words(text))],
  // Dumps of bytes.
  [/()((?:\b[0-9a-f]{2} ){12,}(?:[0-9a-f]{2}\b)?)()/gi, renamed((text, names) => names.hex(text))],
  // Distinguished names.
  [
    /(\b(?:CN|O|OU|L|ST|emailAddress|serialNumber)\s?=\s?)([^,/\n;"]{1,100})()/g,
    renamed((text, names) => (names.isAuthority(text.trim()) ? text : names.text(text))),
  ],
  // Names of hosts by their end.
  [
    /(^|[^A-Za-z0-9_@/\\.-])((?:\*\.)?(?:[A-Za-z0-9_-]{1,63}\.){1,8}(?:com|net|org|io|de|fr|uk|eu|us|cn|jp|kr|in|nl|se|no|dk|fi|ch|at|it|es|pl|br|au|ca|dev|app|cloud|info|biz|local|lan|internal|example|invalid))\b(?![(\w-])/gi,
    renamed((text, names) => names.host(text)),
  ],
]

const wordShape = /[A-Za-z0-9][A-Za-z0-9_-]{3,63}/g

/** Names that a line says outright are names: they may stand by themselves elsewhere. */
function knownNames(lines: readonly string[]): Set<string> {
  const known = new Set<string>()
  for (const line of lines) {
    for (const shape of [
      /\bssid\s{0,3}[:=]\s{0,3}["']?([A-Za-z0-9][A-Za-z0-9_-]{3,31})/gi,
      /\b(?:user(?:[ _]?name)?|client[ _]?id|thing[ _]?name)\s{0,3}[:=]\s{0,3}["']?([A-Za-z0-9][A-Za-z0-9_-]{3,63})/gi,
    ]) {
      for (const [, name] of line.matchAll(shape)) {
        // A word of the language is no name: replacing it would change what components say.
        if (known.size < 200 && name !== undefined && /[0-9_-]/.test(name)) known.add(name.toLowerCase())
      }
    }
  }
  return known
}

/** A certificate is replaced by its redacted self, laid into the same columns; of anything else the base64 is blanked. */
function redactBlock(block: readonly string[], chains: ChainRedaction, whole: boolean): string[] {
  const base64 =
    whole && /BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(block[0] ?? '')
      ? redacted(block, chains)
      : undefined
  let at = 0
  return block.map((line) => {
    if (base64 === undefined) return blankBase64(line)
    return line
      .split(/(-----(?:BEGIN|END) [A-Z0-9 ]+-----)/)
      .map((part) => (part.startsWith('-----') ? part : part.replace(/[A-Za-z0-9+/=]{16,}/g, fill)))
      .join('')
  })
  function fill(run: string): string {
    const part = (base64 as string).slice(at, at + run.length)
    at += run.length
    return part.padEnd(run.length, '=')
  }
}

function redacted(block: readonly string[], chains: ChainRedaction): string | undefined {
  try {
    const blocks = parsePem(block.join('\n'))
    const [only] = blocks
    if (only === undefined || blocks.length !== 1) return undefined
    const base64 = Buffer.from(chains.certificate(only.der)).toString('base64')
    const runs = block
      .flatMap((line) => line.split(/-----(?:BEGIN|END) [A-Z0-9 ]+-----/))
      .flatMap((part) => part.match(/[A-Za-z0-9+/=]{16,}/g) ?? [])
    // A last line of a few characters is no run of sixteen: then the columns do not fit, and all is blanked.
    return runs.join('').length === base64.length ? base64 : undefined
  } catch (error) {
    if (error instanceof PemError) return undefined
    throw error
  }
}

function blankBase64(line: string): string {
  return line
    .split(/(-----(?:BEGIN|END) [A-Z0-9 ]+-----)/)
    .map((part) =>
      part.startsWith('-----') ? part : part.replace(/[A-Za-z0-9+/=]{4,}/g, (run) => mask(run)),
    )
    .join('')
}
