import { renderUnicodeCompact } from 'uqr'
import type { CredentialFile } from '../credential/credential.ts'
import type { Secured } from '../front/front.ts'
import { escapeText } from '../report/escape.ts'
import { Page, type Style } from '../report/layout.ts'
import { formatNumber } from '../report/units.ts'
import { connectionWords } from '../serve/connection-json.ts'
import type { ConnectionReport } from '../serve/connection-report.ts'
import type { OnTagging } from '../serve/hosted-files.ts'
import type { Serving } from '../serve/serving.ts'
import { type CliIo, pageOptions, reportColumns, wantsAscii } from './cli-io.ts'

/** A file of a credential is shown whole up to this size; a larger one is named. */
const SHOWN_BYTES = 6_144

/** What `tlsfit serve` says to people. */
export class ServePage {
  readonly #io: CliIo
  readonly #qr: boolean
  #early: (() => void)[] | undefined = []

  constructor(io: CliIo, qr: boolean) {
    this.#io = io
    this.#qr = qr || io.stdout.isTTY
  }

  serving(serving: Serving, files: readonly string[]): void {
    const page = new Page(pageOptions(this.#io))
    for (const [index, url] of serving.urls.entries()) {
      page.row([
        [index === 0 ? 'serving  ' : '         ', 'dim'],
        [url, 'strong'],
      ])
    }
    if (serving.plain) warnPlain(page)
    else {
      warnOf(page, serving)
      describeTrust(page, serving, files)
    }
    page.blank()
    this.#print(page)
    this.#printCode(serving.urls[0])
    const last = new Page(pageOptions(this.#io))
    last.paragraph('', 'Each connection is told below. Ctrl-C ends it.', { text: 'dim' })
    this.#print(last)
    const early = this.#early ?? []
    this.#early = undefined
    for (const tell of early) tell()
  }

  secured(connection: Secured): void {
    this.#tell(() => {
      const { id, remoteAddress, version, cipherSuite, resumed, handshakeBytesSent } = connection
      const bytes =
        handshakeBytesSent === undefined ? '' : `, ${formatNumber(handshakeBytesSent)} B of handshake`
      const how = resumed ? ' resumed' : ''
      this.#line(id, `${plainAddress(remoteAddress)}  ${version}${how} ${cipherSuite}${bytes}`, 'none')
    })
  }

  connection(report: ConnectionReport): void {
    this.#tell(() => {
      const { text, good } = connectionWords(report)
      const who = report.secured === undefined ? `${report.client}  ` : ''
      this.#line(report.id, `${who}${text}`, good ? 'good' : report.failure === undefined ? 'none' : 'bad')
    })
  }

  tagging({ path, size, tagged }: Parameters<OnTagging>[0]): void {
    const file = `${escapeText(path, { maxChars: 160 })} (${formatNumber(size)} B)`
    const told = (text: string) => this.#tell(() => this.#line(undefined, text, 'dim'))
    told(`${file} is read for its ETag; until then it is served without one`)
    // Where it is changed meanwhile, it is read anew, and that is told.
    tagged.then((done) => {
      if (done) told(`${file} has its ETag`)
    })
  }

  /** What comes before the start was told waits for it. */
  #tell(tell: () => void): void {
    if (this.#early === undefined) tell()
    else this.#early.push(tell)
  }

  #line(id: number | undefined, text: string, style: Style): void {
    const time = this.#io.now().toISOString().slice(11, 19)
    const page = new Page(pageOptions(this.#io))
    page.paragraph(`${time}  ${id === undefined ? '' : `#${id}  `}`, text, { label: 'dim', text: style })
    this.#print(page)
  }

  /** Half blocks, two modules a character; a terminal of ASCII has no glyph for them. */
  #printCode(url: string | undefined): void {
    if (!this.#qr || url === undefined || wantsAscii(this.#io)) return
    const code = renderUnicodeCompact(url, { border: 2 })
    if (code.split('\n', 1)[0]!.length > reportColumns(this.#io)) return
    this.#io.stdout.write(`\n${code}\n\n`)
  }

  #print(page: Page): void {
    this.#io.stdout.write(page.toString())
  }
}

function warnPlain(page: Page): void {
  page.blank()
  page.paragraph(
    'warning  ',
    'plain HTTP: whoever is on the way can read and change the file. Only for a first test, or for images that the device verifies by a signature.',
    { label: 'warn' },
  )
}

function warnOf(page: Page, { risks }: Serving): void {
  if (risks.length > 0) page.blank()
  for (const risk of risks) page.paragraph('risk     ', risk, { label: 'warn' })
}

function describeTrust(page: Page, serving: Serving, files: readonly string[]): void {
  const { ca, credential, device, settings, maxRecordBytes } = serving
  if (ca === undefined || credential === undefined) return
  page.blank()
  const age = ca.isNew ? 'made now: no device holds it yet' : 'the one of before'
  page.paragraph('CA       ', `${ca.name}, ${formatNumber(ca.bytes)} B, ${age}`, { label: 'dim' })
  page.paragraph('         ', `SHA-256 ${ca.sha256}`, { text: 'dim' })
  page.paragraph('records  ', `at most ${formatNumber(maxRecordBytes ?? 0)} B of data`, { label: 'dim' })
  page.blank()
  const forWhom = device === undefined ? 'a device' : device.name
  page.paragraph('', `For ${forWhom} to verify it, ${credential.format}:`, { text: 'strong' })
  for (const [index, file] of credential.files.entries()) describeFile(page, file, files[index], index === 0)
  for (const { text } of credential.problems) page.paragraph('  problem  ', text, { label: 'bad' })
  for (const note of [...credential.notes, ...(settings?.notes ?? [])])
    page.paragraph('  note  ', note, { label: 'dim' })
  for (const { title, commands } of settings?.fixes ?? []) {
    page.blank()
    page.paragraph('  set  ', title, { label: 'dim' })
    for (const command of commands) page.command(command, 4)
  }
  if (device !== undefined) return
  page.paragraph('  note  ', 'add --device ID for its format and its settings', { label: 'dim' })
}

const lineOfBytes = /^\s*(?:0x[0-9a-fA-F]{2},?\s*)+$/

/** The first file, where it is text, without its arrays of bytes, which nobody copies by hand; the others by name. */
export function describeFile(
  page: Page,
  file: CredentialFile,
  path: string | undefined,
  first: boolean,
): void {
  page.paragraph('  file  ', `${path ?? file.name}: ${file.about}`, { label: 'dim' })
  const text = Buffer.from(file.bytes).toString('latin1')
  if (!first || file.bytes.length > SHOWN_BYTES || !/^[\t\n\r -~]*$/.test(text)) return
  let skipped = 0
  for (const line of text.trimEnd().split('\n')) {
    if (lineOfBytes.test(line)) {
      skipped++
      continue
    }
    if (skipped > 0) page.row([[`        … ${skipped} lines of bytes, in the file`, 'dim']])
    skipped = 0
    page.row([[`    ${line.replaceAll('\t', '    ')}`, 'none']])
  }
}

function plainAddress(address: string): string {
  return escapeText(address.replace(/^::ffff:/, ''), { maxChars: 60 })
}
