import { BLANK, blankText, blankUrl, type Mask } from '../observe/secrets.ts'
import { MAX_SHOWN_LINE } from './symptom.ts'

/** A time that a line begins with. Times of different clocks cannot be compared. */
export interface LineTime {
  readonly clock: 'date' | 'of-day' | 'esp' | 'seconds'
  readonly ms: number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/

/** Whether `cleanLine` takes more than blanks off; to look once is cheaper than to replace twice. */
export function hasControls(text: string): boolean {
  return CONTROL.test(text)
}

/** The line without colour (ANSI), control characters and trailing blanks. */
export function cleanLine(text: string): string {
  return (
    text
      // Colours first, then the odd bytes of a noisy serial line.
      .replace(/\u001b\[[0-9;?]{0,16}[A-Za-z]|\u001b[()][A-Z0-9]/g, '')
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
      .trimEnd()
  )
}

/** The first time in the first part of the line; undefined where there is none. */
export function parseLineTime(line: string): LineTime | undefined {
  const head = line.slice(0, 90)
  const date = /(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?/.exec(head)
  if (date !== null) {
    const [, year, month, day, hour, minute, second, part] = date
    const ms = Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    )
    return { clock: 'date', ms: ms + fraction(part) }
  }
  const ofDay = /(?:^|[[( ])(\d{2,4}):(\d\d):(\d\d)(?:[.,](\d{1,6}))?/.exec(head)
  if (ofDay !== null) {
    const [, hour, minute, second, part] = ofDay
    const ms = Number(hour) * HOUR + Number(minute) * MINUTE + Number(second) * 1000
    return { clock: 'of-day', ms: ms + fraction(part) }
  }
  const esp = /(?:^|[^A-Za-z])[EWIDV] ?\((\d{1,10})\)|^\[ ?(\d{1,10})\]\[[EWIDV]\]/.exec(head)
  if (esp !== null) return { clock: 'esp', ms: Number(esp[1] ?? esp[2]) }
  const seconds = /^\s*\[?\s*(\d{1,8}\.\d{1,6})[\]:]/.exec(head)
  return seconds === null ? undefined : { clock: 'seconds', ms: Number(seconds[1]) * 1000 }
}

/**
 * The client that a line of a server's log is about: `client: 10.0.0.7` (nginx), `[client 10.0.0.7:5050]` (Apache), an
 * address and port after `from` (Go), or the address that a line of an access log or of HAProxy begins with.
 */
export function clientOf(line: string): string | undefined {
  const named = /\bclient:? \[?((?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})/i.exec(line)
  const leading = /^(?:\S{1,40} {1,3}){0,8}?((?:\d{1,3}\.){3}\d{1,3})(?::\d{1,5})? (?:- \S{1,64} )?\[/.exec(
    line.slice(0, 400),
  )
  const from = /\bfrom ((?:\d{1,3}\.){3}\d{1,3}):\d{1,5}\b/.exec(line)
  return (named ?? leading ?? from)?.[1]?.toLowerCase()
}

function fraction(part: string | undefined): number {
  return part === undefined ? 0 : Number(`0.${part}`) * 1000
}

/** The line as it may be shown and kept: secrets blanked, cut. `from`: where the part of interest begins. */
export function showLine(line: string, from = 0): string {
  const start = from < MAX_SHOWN_LINE / 2 ? 0 : from - 40
  const window = line.slice(start, start + 4 * MAX_SHOWN_LINE)
  const clean = blankLine(window)
  return clean.length <= MAX_SHOWN_LINE ? clean : `${clean.slice(0, MAX_SHOWN_LINE)} …`
}

/** The whole line with its secrets blanked. */
export function blankLine(line: string, mask: Mask = () => BLANK): string {
  return blankCommands(blankText(line, [], mask), mask).replace(longToken, (token) => mask(token))
}

/** Keys, digests, tokens, base64 of any kind: nothing of that length is needed to understand a line. */
const longToken =
  /\b(?=[A-Za-z0-9+/_=-]*\d)(?:[A-Za-z0-9+/_-]{40,}={0,2}|eyJ[A-Za-z0-9_-]{10,}[A-Za-z0-9_.-]*)/g

/** AT commands that carry user names, passwords and keys: what stands behind the first string goes. */
const secretCommand =
  /^(.{0,700}?\bAT[%+#$*][A-Z]{0,12}(?:CONN|AUTH|CWJAP|USERCFG|USERPWD|PASS|PSK|CMNG|CPIN|CLCK|CPWD|CSTT|QICSGP|SMCONF|SECPRF|USECMNG|UMQTT|PRIVKEY|CERTADD|SQNSNVW)[A-Z]{0,12}=?)(.*)$/i
/** Parameters of a command: in quotes, or bare. */
const parameter = /"[^"]*"?|[^",\s]+/g
/** Profile numbers and security tags say where, not what. */
const plainNumber = /^-?\d{1,10}$/

function blankCommands(line: string, mask: Mask): string {
  const command = secretCommand.exec(line)
  if (command === null) return line
  const [, head = '', rest = ''] = command
  const bare = head.endsWith('=')
  const pin = /C(?:PIN|LCK|PWD)=$/i.test(head)
  // Of these the first string is the secret itself: a short pre-shared key, a PIN.
  let strings = /(?:CMNG|CPIN)=?$/i.test(head) ? 1 : 0
  return (
    head +
    rest.replace(parameter, (value) => {
      const string = /^"([^"]*)("?)$/.exec(value)
      if (string === null) {
        if (!bare || value === BLANK) return value
        if (plainNumber.test(value)) return pin && value.length >= 4 ? mask(value) : value
        return strings++ === 0 && value.length < 24 ? value : mask(value)
      }
      const [, inside = '', end = ''] = string
      if (strings++ === 0 && value.length < 24) return value
      const hidden = mask(inside)
      return `"${hidden}${hidden === BLANK ? '"' : end}`
    })
  )
}

/** Addresses that the line holds, secrets of their queries blanked. */
export function findUrls(line: string): string[] {
  return [...line.matchAll(/\b(?:https?|mqtts?|wss?|ssl|coaps?):\/\/[^\s"'<>,;)\]}|\\]{3,600}/gi)]
    .slice(0, 8)
    .map(([url]) => blankUrl(url.replace(/[.:]+$/, '')))
}
