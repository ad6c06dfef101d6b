import type { Device } from '../device/device.ts'
import type { Finding, FixSuggested } from '../finding/finding.ts'
import type { FixId } from '../finding/fix.ts'
import type { MissingPart } from '../judge/read-certificates.ts'
import type { CertificateRole } from '../trust/certificate-role.ts'
import type { StoredForm } from '../trust/stored-forms.ts'
import type { PublicKeyInfo } from '../x509/certificate.ts'
import type { MaterialForm } from '../x509/material.ts'
import { type EscapeOptions, escapeText, shellWord } from './escape.ts'
import { type Fix, formatFix } from './fixes.ts'
import { formatCount, formatNumber } from './units.ts'

/** Words of `tlsfit explain` of certificates. */

export const roleWords: { readonly [R in CertificateRole]: string } = {
  leaf: 'leaf',
  'self-signed-leaf': 'self-signed',
  intermediate: 'intermediate',
  'cross-sign': 'cross-sign',
  root: 'root',
}

export const formWords: { readonly [F in MaterialForm]: string } = {
  der: 'DER',
  pem: 'PEM',
  pkcs7: 'PKCS #7, a set without an order of its own',
  pkcs12: 'PKCS #12',
  's-client': 'output of openssl s_client',
  source: 'source code',
  'modem-commands': 'AT commands',
  none: 'no certificate',
}

export const storedFormWords: { readonly [F in StoredForm]: string } = {
  'pem-lf': 'as PEM with LF',
  'pem-lf-unended': 'as PEM with LF, without a newline at its end',
  'pem-crlf': 'as PEM with CR LF',
  'pem-crlf-unended': 'as PEM with CR LF, without a newline at its end',
  der: 'as DER',
}

/** `RSA 2,048`, `EC secp256r1`. */
export function keyWords(key: PublicKeyInfo): string {
  if (key.kind === 'rsa') return `RSA ${formatNumber(key.bits)}`
  if (key.kind === 'ec') return `EC ${key.curve}`
  return key.kind === 'unknown' ? `key ${key.oid}` : key.kind === 'ed25519' ? 'Ed25519' : 'Ed448'
}

/** What to do about a finding; for no device in particular where none was named. */
export function materialFixes(
  finding: Finding,
  device: Device | undefined,
  name: string,
  options: EscapeOptions = {},
): Fix[] {
  const target = {
    ...{ text: name, protocol: 'file' as const, host: undefined, port: undefined },
    ...{ path: undefined, pathBytes: undefined },
  }
  return finding.fixes.flatMap((fix) => {
    if (device !== undefined) return [formatFix(fix, finding, device, target, options)]
    const general = generalFixes[fix.id]
    return general === undefined ? [] : [{ id: fix.id, ...general(fix, options) }]
  })
}

type General = (fix: FixSuggested, options: EscapeOptions) => Pick<Fix, 'title' | 'commands'>

const generalFixes: { readonly [Id in FixId]?: General } = {
  'store-credential-again': () => ({
    title: 'store it again, whole: LF line ends, the last line ended, and the NUL that a C string ends with',
    commands: ['openssl x509 -in <file> -out whole.pem  # reads it, and writes it as it should be'],
  }),
  'replace-leaf-anchor': (fix, options) => ({
    title: `hold the issuing CA or its root (${named(fix, 'issuer', options)}) in place of the server certificate`,
    commands: [],
  }),
  'send-intermediate': (fix, options) => ({
    title: `server: send the intermediate ${named(fix, 'issuer', options)} after the leaf`,
    commands: ['cat leaf.pem intermediate.pem > fullchain.pem'],
  }),
  'order-chain': () => ({
    title: 'server: leaf first, then each certificate followed by its issuer',
    commands: ['cat leaf.pem intermediate.pem > fullchain.pem'],
  }),
  'use-shorter-chain': () => ({ title: 'server: leave out what is not needed', commands: [] }),
  'renew-certificate': () => ({ title: 'server: renew the certificate', commands: [] }),
  'provision-client-certificate': () => ({
    title: 'store the certificate and the key that belong together',
    commands: [
      'openssl x509 -in client.pem -noout -pubkey  # must be equal to',
      'openssl pkey -in client.key -pubout',
    ],
  }),
}

function named({ with: facts }: FixSuggested, key: string, options: EscapeOptions): string {
  return escapeText(String(facts[key] ?? ''), { ...options, maxChars: 120 })
}

export interface MissingInWords {
  readonly what: string
  readonly command: string | undefined
}

/** What would have to be there, and the command that fetches it. URLs are those of the certificate: hostile. */
export function missingWords(part: MissingPart, name: string, options: EscapeOptions = {}): MissingInWords {
  const escaped = (text: string) => escapeText(text, { ...options, maxChars: 120 })
  switch (part.needs) {
    case 'intermediate':
      return {
        what: `the certificate of ${escaped(part.issuer)}, which issued ${escaped(part.subject)}: it is not here, and no known root has that name`,
        command: fetchCommand(part.urls),
      }
    case 'root':
      return {
        what: `the certificate of ${escaped(part.issuer)}: it is not here, and is no public root known here`,
        command: fetchCommand(part.urls),
      }
    case 'showcerts':
      return {
        what:
          `s_client lists ${formatCount(part.listed, 'certificate')} and shows ${formatNumber(part.shown)}: ` +
          'what the others weigh is not in this output; run it with -showcerts',
        command: 'openssl s_client -connect <host>:443 -servername <host> -showcerts </dev/null',
      }
    case 'device':
      return {
        what: 'the device that is to take this chain: its limits decide',
        command: `tlsfit explain ${shellWord(name)} --device <id>`,
      }
  }
}

function fetchCommand([url]: readonly string[]): string | undefined {
  if (url === undefined || !/^https?:\/\/[\x21-\x7e]{3,300}$/.test(url)) return undefined
  return `curl -s ${shellWord(url)} | openssl x509 -inform DER`
}
