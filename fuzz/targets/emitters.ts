import { parse } from 'yaml'
import { DataFileError } from '../../src/device/data-file.ts'
import type { EmitFiles, Emitter } from '../../src/emit/emitted.ts'
import { emitEnvoy } from '../../src/emit/envoy.ts'
import { emitHaproxy } from '../../src/emit/haproxy.ts'
import { emitNginx } from '../../src/emit/nginx.ts'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import { type FuzzTarget, must } from '../fuzz-target.ts'
import { hostileWords } from '../mutate-text.ts'
import { seedText } from '../seed-files.ts'

/** Texts of a `gateway.yaml` that a user writes freely, in the order of the input's parts. */
const usual = [
  'fota.example.com',
  '/firmware/*',
  '/container/',
  'account.blob.example.net',
  '/base',
  '/etc/tls/chain.pem',
]
const PART = '\u001f'

function configOf(texts: readonly string[]) {
  const [host = '', path = '', to = '', upstreamHost = '', base = '', file = ''] = texts
  // JSON is YAML: the text itself comes through whatever it holds.
  const yaml = JSON.stringify({
    listeners: [
      {
        name: 'fota',
        protocol: 'https',
        listen: ['127.0.0.1:8443'],
        certificate: { files: { ecdsa: { chain: file, key: file } } },
        routes: [{ host, path, upstream: 'blob', to }],
      },
    ],
    upstreams: {
      blob: {
        protocol: 'https',
        url: `https://${upstreamHost}${base}`,
        redirectHosts: [host],
        readPaths: [path],
        credentials: { sas: { env: 'SAS' } },
      },
    },
  })
  const config = parseGatewayConfig(yaml, `${file}.yaml`)
  const identity = { chain: file, key: file, both: file }
  const files: EmitFiles = {
    identities: new Map([['fota', { ecdsa: identity, clientCa: file }]]),
    publicRoots: file,
    upstreamRoots: new Map([['blob', file]]),
    folder: file,
  }
  return { config, files }
}

/** `shape`: the directives in order, and what they stand in; a free text must never change it. */
function emitter(name: string, emit: Emitter, shape: (text: string) => readonly string[]): FuzzTarget {
  return {
    name,
    shortCases: 300,
    open: () => {
      const write = (texts: readonly string[]) => {
        const { config, files } = configOf(texts)
        return shape(emit(config, files).text)
      }
      // A route is of a prefix or of one path, with or without a new one, an upstream with or without a path.
      const benign = ['/firmware/* /container/', '/* /', '/one /two'].flatMap((route) => {
        const [path = '', to = ''] = route.split(' ')
        return [usual, usual.with(4, '')].map((texts) => texts.with(1, path).with(2, to))
      })
      const known = new Set(benign.flatMap((texts) => write(texts)))
      return {
        seeds: seedText(
          usual.join(PART),
          usual.with(1, '/one').with(2, '/two').join(PART),
          usual.with(4, '').join(PART),
        ),
        words: [
          ...hostileWords,
          PART,
          '; }',
          '"; include /etc/passwd; #',
          "' if { always_true }",
          '$\x7benv}',
          '\\',
          '%[env(A)]',
        ],
        text: true,
        maxBytes: 1_500,
        maxMs: 150,
        run(input) {
          const texts = Buffer.from(input).toString().split(PART)
          try {
            const seen = write(usual.map((text, index) => texts[index] ?? text))
            for (const directive of seen)
              must(known.has(directive), `no directive of another's: ${directive.slice(0, 80)}`)
            return `written ${seen.length}`
          } catch (error) {
            if (error instanceof DataFileError) return `${error.code} ${error.path}`
            throw error
          }
        },
      }
    },
  }
}

/** Each directive with the blocks that it stands in; nginx's own rules of quotes, comments, `;` and braces. */
function nginxShape(text: string): string[] {
  const found: string[] = []
  const blocks: string[] = []
  let words: string[] = []
  const token =
    /\s+|#[^\n]*|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|[;{}]|(?:[^\s;{}"'\\#]|\\[\s\S]|(?<=\S)[#"'])+/y
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at
    const [one] = token.exec(text) ?? []
    must(one !== undefined, `nginx reads ${text.slice(at, at + 20)}`)
    if (/^\s|^#/.test(one)) continue
    if (one === ';' || one === '{') {
      found.push([...blocks, words[0]].join(' '))
      if (one === '{') blocks.push(words[0] ?? '')
      words = []
    } else if (one === '}') {
      must(blocks.length > 0 && words.length === 0, 'braces are paired')
      blocks.pop()
    } else words.push(one)
  }
  must(blocks.length === 0 && words.length === 0, 'it ends whole')
  // Of a map the keys are values.
  return found.map((directive) => directive.replace(/\bmap .*/, 'map'))
}

/** The first word of each line, and the section that it stands in. */
function haproxyShape(text: string): string[] {
  let section = ''
  return text.split('\n').flatMap((line) => {
    if (/^\s*(#|$)/.test(line)) return []
    must(!/[\u0000-\u0008\u000b-\u001f]/.test(line), 'a line holds no control character')
    const [word = '', next = ''] = line.trim().split(/\s+/)
    if (!/^\s/.test(line)) section = word
    // Quotes end on the line that they begin on.
    must(/^(?:[^"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')*$/.test(line), 'quotes are paired')
    return [
      `${section} ${word} ${/^(?:timeout|option|http-request|http-response|ssl|tune)$/.test(word) ? next : ''}`,
    ]
  })
}

/** Every key with those above it. */
function envoyShape(text: string): string[] {
  const keys = (value: unknown, path: string): string[] => {
    if (Array.isArray(value)) return value.flatMap((one) => keys(one, `${path}[]`))
    if (value === null || typeof value !== 'object') return []
    return Object.entries(value).flatMap(([key, one]) => [`${path}.${key}`, ...keys(one, `${path}.${key}`)])
  }
  return [...new Set(keys(parse(text), ''))]
}

export const emitters: readonly FuzzTarget[] = [
  emitter('emit-nginx', emitNginx, nginxShape),
  emitter('emit-haproxy', emitHaproxy, haproxyShape),
  emitter('emit-envoy', emitEnvoy, envoyShape),
]
