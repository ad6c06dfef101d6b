import { type CredentialWrite, credentialTypes, findWrites } from './modem-credentials.ts'

/** What a piece of material is meant for: what the device holds as trust anchor, or its own credential. */
export interface Use {
  readonly as: 'anchor' | 'own' | 'other'
  /** `certain`: an API or a command says so; `likely`: its name alone does. */
  readonly sure: 'certain' | 'likely'
  /** Such as `setCACert(root_ca` or `root_ca`: the user's text. */
  readonly by: string
  readonly variable: string | undefined
  readonly write: CredentialWrite | undefined
}

/** How far before a string its variable is looked for. */
const maxBefore = 600
const maxCalls = 2_000

const cast = '(?:\\([^()\\n]{1,40}\\)\\s?)?&?'

/** Calls and fields that say what the variable after them is for. */
const anchorCalls = [
  'setCACert\\(\\s?',
  '\\.cert_pem\\s?=\\s?',
  '\\.cacert(?:_pem)?_buf\\s?=\\s?',
  '\\bverification\\b[^;}]{0,200}?\\.certificate\\s?=\\s?',
  'TLS_CREDENTIAL_CA_CERTIFICATE,\\s{0,40}',
  'CRED_TYPE_CA_CHAIN,\\s{0,40}',
  'pRootCa\\s?=\\s?',
]
const ownCalls = [
  'setCertificate\\(\\s?',
  '\\.client_cert_pem\\s?=\\s?',
  '\\.clientcert(?:_pem)?_buf\\s?=\\s?',
  '\\.servercert(?:_buf)?\\s?=\\s?',
  '\\bauthentication\\b[^;}]{0,200}?\\.certificate\\s?=\\s?',
  'TLS_CREDENTIAL_(?:SERVER|PUBLIC)_CERTIFICATE,\\s{0,40}',
  'CRED_TYPE_PUBLIC_CERT,\\s{0,40}',
  'pClientCert\\s?=\\s?',
]
const calls = new RegExp(
  `(?:(${anchorCalls.join('|')})|(${ownCalls.join('|')}))${cast}([A-Za-z_]\\w{0,79})`,
  'g',
)

/** Words of a name that say CA; those of the device's own certificate are stronger. */
const anchorWords = /(?:^|[^a-z])(?:ca|cas|roots?|anchors?|trust(?:ed)?|cacert|rootca|authority)(?:[^a-z]|$)/
const ownWords = /client|device|thing|identity/

/** Of one text: what it says its variables and commands are for. */
export class UseFinder {
  readonly #text: string
  readonly #writes: ReadonlyMap<number, CredentialWrite>
  readonly #calls = new Map<string, Pick<Use, 'as' | 'by'>>()

  constructor(text: string) {
    this.#text = text
    this.#writes = new Map(findWrites(text).map((write) => [write.contentStart, write]))
    for (const found of text.matchAll(calls)) {
      if (this.#calls.size === maxCalls) break
      const [whole, anchor, , variable = ''] = found
      const by = whole.replace(/\s+/g, ' ').slice(-100)
      if (!this.#calls.has(variable)) {
        this.#calls.set(variable, { as: anchor === undefined ? 'own' : 'anchor', by })
      }
    }
  }

  get writes(): readonly CredentialWrite[] {
    return [...this.#writes.values()]
  }

  /** Of the material that begins at `start`; undefined: nothing says. */
  useOf(start: number): Use | undefined {
    for (let back = 0; back <= 4; back++) {
      const write = this.#writes.get(start - back)
      if (write !== undefined) return useOfWrite(write)
    }
    const variable = variableBefore(this.#text.slice(Math.max(0, start - maxBefore), start))
    if (variable === undefined) return undefined
    const call = this.#calls.get(variable)
    if (call !== undefined) return { ...call, sure: 'certain', variable, write: undefined }
    return { as: useByName(variable) ?? 'other', sure: 'likely', by: variable, variable, write: undefined }
  }
}

/** What a variable or a file is called after; undefined: its name says nothing. */
export function useByName(name: string): 'anchor' | 'own' | undefined {
  const words = name
    .slice(-120)
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]{2})([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
  if (ownWords.test(words)) return 'own'
  return anchorWords.test(words) ? 'anchor' : undefined
}

function useOfWrite(write: CredentialWrite): Use {
  const { securityTag, type } = write
  const as = type === 0 || type === 10 ? 'anchor' : type === 1 ? 'own' : 'other'
  const by = `AT%CMNG=0,${securityTag},${type} (${credentialTypes[type] ?? `type ${type}`})`
  return { as, sure: 'certain', by, variable: undefined, write }
}

/** `const char root_ca[] PROGMEM = R"EOF(`, `#define ROOT_CA \`, `"caCert": "`, `root_ca: |`. */
function variableBefore(before: string): string | undefined {
  const from = Math.max(before.lastIndexOf(';'), before.lastIndexOf('-----END'))
  const statement = before.slice(from + 1)
  const define = statement.slice(Math.max(0, statement.lastIndexOf('#define')))
  const macro = /^#define[ \t]{1,20}([A-Za-z_]\w{0,79})/.exec(define)
  if (macro !== null && define.split('\n').length <= 3) return macro[1]
  const equals = statement.lastIndexOf('=')
  const colon = statement.lastIndexOf(':')
  const at = Math.max(equals, colon)
  if (at < 0) return undefined
  const behind = statement.slice(at + 1)
  if (at === equals) return opensString(behind) ? lastName(statement.slice(0, at), false) : undefined
  // A key of JSON or YAML; other colons are of prose, or of what openssl prints.
  const isKey = /["']\s{0,4}$/.test(statement.slice(0, at)) || /^\s{0,4}[|>]-?\s{0,80}$/.test(behind)
  return isKey && /^[\s"'|>-]{0,80}$/.test(behind) ? lastName(statement.slice(0, at), true) : undefined
}

/** `subject=CN = Root` opens none. */
function opensString(behind: string): boolean {
  return behind.trim() === '' || (/["'`{]/.test(behind) && /^[\s\w(){"'`\\+.&*-]{0,80}$/.test(behind))
}

const attributes = /^(?:PROGMEM|ICACHE_RODATA_ATTR|RODATA_ATTR|[A-Z_]+_ATTR|alignas)$/

/** The name at the end of a declaration, its array brackets and attributes passed over. */
function lastName(declaration: string, key: boolean): string | undefined {
  let head = declaration
  for (let step = 0; step < 5; step++) {
    head = head.trimEnd()
    if (key && /["']$/.test(head)) head = head.slice(0, -1)
    if (head.endsWith(']')) head = head.slice(0, Math.max(0, head.lastIndexOf('[')))
    else if (head.endsWith(')')) head = head.slice(0, Math.max(0, head.lastIndexOf('__attribute__')))
    else {
      let start = head.length
      while (start > 0 && head.length - start < 80 && /\w/.test(head[start - 1]!)) start--
      const word = head.slice(start)
      if (!attributes.test(word)) return /^[A-Za-z_]/.test(word) ? word : undefined
      head = head.slice(0, start)
    }
  }
  return undefined
}
