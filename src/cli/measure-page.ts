import type { Credential } from '../credential/credential.ts'
import type { Removal } from '../credential/remove-credential.ts'
import type { Device } from '../device/device.ts'
import { checkWords } from '../exam/check-words.ts'
import type { Exam } from '../exam/exam.ts'
import { securityFindings } from '../exam/security-findings.ts'
import type { Answer, Probe } from '../exam/topic.ts'
import type { Found, Measurement } from '../measure/measurement.ts'
import type { DeviceNote, StrayKind } from '../measure/measuring-events.ts'
import type { Quiet } from '../measure/quiet-watch.ts'
import { escapeText, shellWord } from '../report/escape.ts'
import type { Fix } from '../report/fixes.ts'
import { Page, type Style } from '../report/layout.ts'
import { answerWords, knownLines, leftWords, questionWords } from '../report/measure-words.ts'
import { formatCount, formatList } from '../report/units.ts'
import { urlHost } from '../serve/machine-hosts.ts'
import { type CliIo, pageOptions } from './cli-io.ts'
import { deviceLabel, noteWords, quietWords, strayLines, strayWords } from './measure-notes.ts'
import type { Trouble } from './measure-troubles.ts'
import { describeFile } from './serve-page.ts'

/** What a device needs to take part. */
export interface MeasureTrust {
  readonly device: Device | undefined
  readonly credential: Credential
  readonly files: readonly string[]
  readonly fixes: readonly Fix[]
  readonly removal: Removal
}

/** Devices shown side by side in the live view. */
const SHOWN_DEVICES = 3
/** Connections without a good one, after which the test CA is asked about: each kind of the plain chain was there. */
const TURNS_TO_HINT = 4
/** Values shown of each. */
const SHOWN_VALUES = 8
const SHOWN_FINDINGS = 4

/** What `tlsfit measure` says to people: one block that is rewritten on a terminal, else a line an answer. */
export class MeasurePage {
  readonly #io: CliIo
  readonly #asked = new Map<string, Probe>()
  readonly #last = new Map<string, { readonly answer: Answer; readonly exam: Exam }>()
  #blockLines = 0
  #note: string | undefined

  constructor(io: CliIo) {
    this.#io = io
  }

  opened({ ca, urlHosts, port, mqttPort, resumed, aside }: Measurement, trust: MeasureTrust): void {
    const page = new Page(pageOptions(this.#io))
    for (const [index, host] of urlHosts.entries())
      page.row([
        [index === 0 ? 'measuring  ' : '           ', 'dim'],
        [`https://${urlHost(host)}:${port}/`, 'strong'],
      ])
    page.paragraph('MQTT       ', `mqtts://${urlHost(urlHosts[0] ?? 'localhost')}:${mqttPort}`, {
      label: 'dim',
    })
    page.blank()
    const until = ca.notAfter.toISOString().slice(0, 10)
    const age = ca.isNew ? 'made now: no device holds it yet' : 'the one of before'
    page.paragraph('test CA    ', `for this measurement only, until ${until}; ${age}`, { label: 'warn' })
    page.paragraph('           ', `SHA-256 ${ca.sha256}`, { text: 'dim' })
    if (resumed !== undefined)
      page.paragraph('session    ', `goes on behind ${formatCount(resumed.answers, 'answer')}`, {
        label: 'dim',
      })
    if (resumed !== undefined && resumed.tornBytes > 0)
      page.paragraph(
        '           ',
        `its last line was torn off (${formatCount(resumed.tornBytes, 'byte')}): it is asked again`,
        {
          text: 'warn',
        },
      )
    if (aside !== undefined)
      page.paragraph('session    ', `the one before is kept as ${aside}`, { label: 'dim' })
    this.#trust(page, trust)
    page.blank()
    page.paragraph(
      '',
      'Point the device at the URL and let it retry: each connection is one question. Ctrl-C ends it; the same command goes on.',
      { text: 'dim' },
    )
    this.#print(page)
  }

  asked(device: string, probe: Probe): void {
    this.#asked.set(device, probe)
    this.#redraw()
  }

  answered(device: string, answer: Answer, exam: Exam): void {
    this.#asked.delete(device)
    this.#last.set(device, { answer, exam })
    this.#note = undefined
    if (this.#io.stdout.isTTY) this.#redraw()
    else {
      const left = exam.next() === undefined ? 'all is asked' : leftWords(exam)
      const text = `${questionWords(answer.probe)} ${answerWords(answer, exam)}; ${left}`
      this.#line(`${deviceLabel(device)}  #${exam.answers.length}  `, text)
    }
    if (exam.baseline === undefined && exam.answers.length === TURNS_TO_HINT)
      this.#line(
        `${deviceLabel(device)}  `,
        'it took no kind of the plain chain: is the test CA loaded, and is the name of the URL the one that it verifies?',
        'warn',
      )
  }

  /** Each kind once; how many there were stands in the report. */
  stray(address: string, why: StrayKind, count: number): void {
    if (count === 1) this.#line(`${deviceLabel(address)}  `, strayWords[why], 'dim')
  }

  noted(note: DeviceNote): void {
    this.#line(`${deviceLabel(note.device)}  `, noteWords(note), 'warn')
  }

  /** A device does not come back. */
  quiet(quiet: Quiet): void {
    const text = quietWords(quiet)
    if (this.#io.stdout.isTTY) {
      this.#note = text
      this.#redraw()
    } else this.#line('', text, 'warn')
  }

  trouble({ error, over }: Trouble): void {
    const { message, hint, at } = error
    const mend = hint === undefined ? '' : `; ${hint}`
    if (over) this.#line('', `${at ?? 'the file'} can be written again: nothing was lost`, 'good')
    else this.#line('', `${message}: ${at}${mend}`, 'bad')
  }

  /** Takes the live block away: what follows stays. */
  clear(): void {
    if (this.#blockLines > 0) this.#io.stdout.write(`\u001b[${this.#blockLines}A\u001b[J`)
    this.#blockLines = 0
  }

  /** What is to be done at the end, whatever came of it. */
  closing(
    trust: MeasureTrust,
    {
      strays,
      profiles,
      next,
      unfinished,
      keyFile,
    }: {
      readonly strays: Found['strays']
      /** Files that were written. */
      readonly profiles: readonly string[]
      /** A command that uses the profile; undefined: there is none. */
      readonly next: string | undefined
      readonly unfinished: boolean
      /** Of the test CA. */
      readonly keyFile: string
    },
  ): void {
    this.clear()
    const page = new Page(pageOptions(this.#io))
    page.row([['']])
    for (const [index, line] of strayLines(strays).entries())
      page.paragraph(index === 0 ? 'others     ' : '           ', line, { label: 'dim' })
    for (const [index, path] of profiles.entries())
      page.paragraph(index === 0 ? 'profile    ' : '           ', path, { label: 'dim' })
    if (unfinished)
      page.paragraph('session    ', 'not over: the same command goes on where it was', { label: 'dim' })
    if (next !== undefined) {
      page.paragraph('next       ', 'judge a server with what was measured:', { label: 'dim' })
      page.command(next, 11)
    }
    const { text, commands } = trust.removal
    page.paragraph('remove     ', `the test CA must not stay on the device: ${text}`, { label: 'warn' })
    for (const command of commands) page.command(command, 11)
    if (!unfinished) {
      page.paragraph('           ', 'and its key, once no device holds it:', { text: 'dim' })
      page.command(`rm ${shellWord(keyFile)}`, 11)
    }
    this.#print(page)
  }

  text(text: string): void {
    this.clear()
    this.#io.stdout.write(text)
  }

  #trust(page: Page, { device, credential, files, fixes }: MeasureTrust): void {
    page.blank()
    const tag = credential.stored[0]?.secTag
    const notes =
      tag === undefined
        ? []
        : [`Security tag ${tag} is for this CA alone: let the application use it for the test`]
    const forWhom = device === undefined ? 'a device' : device.name
    page.paragraph('', `For ${forWhom} to verify it, ${credential.format}:`, { text: 'strong' })
    for (const [index, file] of credential.files.entries())
      describeFile(page, file, files[index], index === 0)
    for (const { text } of credential.problems) page.paragraph('  problem  ', text, { label: 'bad' })
    for (const note of [...notes, ...credential.notes]) page.paragraph('  note  ', note, { label: 'dim' })
    for (const { title, commands } of fixes) {
      page.paragraph('  set  ', title, { label: 'dim' })
      for (const command of commands) page.command(command, 4)
    }
    if (device === undefined)
      page.paragraph('  note  ', 'add --device ID for its format and its settings', { label: 'dim' })
  }

  #redraw(): void {
    if (!this.#io.stdout.isTTY) return
    const page = new Page(pageOptions(this.#io))
    page.blank()
    const devices = [...new Set([...this.#last.keys(), ...this.#asked.keys()])]
    if (devices.length === 0 && this.#note === undefined) return
    for (const device of devices.slice(-SHOWN_DEVICES)) this.#device(page, device)
    const more = devices.length - SHOWN_DEVICES
    if (more > 0) page.paragraph('', `and ${formatCount(more, 'more device')}`, { text: 'dim' })
    if (this.#note !== undefined) page.paragraph('', this.#note, { text: 'warn' })
    const text = page.toString()
    this.clear()
    this.#io.stdout.write(text)
    this.#blockLines = text.split('\n').length - 1
  }

  #device(page: Page, device: string): void {
    const last = this.#last.get(device)
    const asked = this.#asked.get(device)
    page.paragraph('', deviceLabel(device), { text: 'strong' })
    if (asked !== undefined) page.paragraph('  asks   ', questionWords(asked), { label: 'dim' })
    else if (last !== undefined) {
      page.paragraph('  asked  ', questionWords(last.answer.probe), { label: 'dim' })
      page.paragraph('         ', answerWords(last.answer, last.exam))
    }
    if (last === undefined) return
    const { exam } = last
    for (const { name, text } of knownLines(exam).slice(0, SHOWN_VALUES))
      page.row([[`  known  ${name}: ${text}`, 'none']])
    const accepted = securityFindings(exam).map(({ id }) => checkWords[id].served)
    if (accepted.length > 0)
      page.paragraph('  known  ', `it accepted ${formatList(accepted, SHOWN_FINDINGS)}`, { text: 'bad' })
    const done = formatCount(exam.answers.length, 'connection')
    page.paragraph('  done   ', `${done}; ${exam.next() === undefined ? 'all is asked' : leftWords(exam)}`, {
      label: 'dim',
    })
  }

  /** On a terminal above the live block, folded to its width; elsewhere one line, however long. */
  #line(label: string, text: string, style: Style = 'none'): void {
    const time = this.#io.now().toISOString().slice(11, 19)
    if (!this.#io.stdout.isTTY) {
      this.#io.stdout.write(`${escapeText(`${time}  ${label}${text}`, { maxChars: 2_000 })}\n`)
      return
    }
    this.clear()
    const page = new Page(pageOptions(this.#io))
    page.paragraph(`${time}  ${label}`, text, { label: 'dim', text: style })
    this.#print(page)
    this.#redraw()
  }

  #print(page: Page): void {
    this.#io.stdout.write(page.toString())
  }
}
