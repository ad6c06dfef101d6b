/** What `openssl s_client` says around the certificates. Text of it is the peer's, and hostile. */
export interface SClientSession {
  /** Of the list under `Certificate chain`: what the server sent, also where the certificates are not shown. */
  readonly chain: readonly { readonly index: number; readonly subject: string; readonly issuer: string }[]
  readonly verifyErrors: readonly { readonly num: number; readonly text: string; readonly line: number }[]
  readonly verifyReturnCode: { readonly num: number; readonly text: string } | undefined
  /** Such as `TLSv1.2`; undefined where nothing was negotiated. */
  readonly protocol: string | undefined
  readonly cipher: string | undefined
  readonly temporaryKey: string | undefined
  readonly readBytes: number | undefined
  readonly writtenBytes: number | undefined
  /** Alerts by number that came from the server. */
  readonly alerts: readonly number[]
  readonly noPeerCertificate: boolean
  readonly clientCertificateAsked: boolean
}

const MAX_SESSION_ROWS = 100
const maxLineChars = 2_000
/** Chains and sessions stand near the start; what follows may be a long download. */
const maxLines = 200_000

const marks =
  /CONNECTED\(|Certificate chain|Server certificate|Verif(?:y return code|ication)|SSL handshake has read|verify error:num=/

/** Whether a text is, or holds, output of `openssl s_client`. */
export function isSClient(text: string): boolean {
  return /^(?:CONNECTED\([0-9A-Fa-f]{1,8}\)|Certificate chain|Server certificate|SSL handshake has read )/m.test(
    text,
  )
}

/** The session of a text; of several in one text the facts of all together. Undefined where there is none. */
export function readSClient(text: string): SClientSession | undefined {
  if (!marks.test(text)) return undefined
  const found = new Collector()
  let lines = 0
  for (let at = 0; at < text.length && lines < maxLines; lines++) {
    const feed = text.indexOf('\n', at)
    const end = feed < 0 ? text.length : feed
    found.read(text.slice(at, Math.min(end, at + maxLineChars)).trimEnd(), lines + 1)
    at = end + 1
  }
  return found.session()
}

class Collector {
  readonly #chain: { index: number; subject: string; issuer: string }[] = []
  readonly #verifyErrors: { num: number; text: string; line: number }[] = []
  readonly #alerts: number[] = []
  #verifyReturnCode: SClientSession['verifyReturnCode']
  #protocol: string | undefined
  #cipher: string | undefined
  #temporaryKey: string | undefined
  #readBytes: number | undefined
  #writtenBytes: number | undefined
  #noPeerCertificate = false
  #clientCertificateAsked = false

  read(line: string, number: number): void {
    if (!this.#readChain(line)) this.#readFacts(line, number)
  }

  #readChain(line: string): boolean {
    const subject = /^\s{0,3}(\d{1,3}) s:\s?(.*)$/.exec(line)
    if (subject !== null) {
      if (this.#chain.length < MAX_SESSION_ROWS) {
        this.#chain.push({ index: Number(subject[1]), subject: subject[2]!, issuer: '' })
      }
      return true
    }
    const issuer = /^\s{2,6}i:\s?(.*)$/.exec(line)
    const last = this.#chain.at(-1)
    if (issuer === null || last === undefined) return false
    if (last.issuer === '') last.issuer = issuer[1]!
    return true
  }

  #readFacts(line: string, number: number): void {
    const error = /verify error:num=(\d{1,4}):(.*)$/.exec(line)
    if (error !== null && this.#verifyErrors.length < MAX_SESSION_ROWS) {
      this.#verifyErrors.push({ num: Number(error[1]), text: error[2]!, line: number })
    }
    const code = /^\s*Verify return code: (\d{1,4}) \((.{1,200})\)$/.exec(line)
    if (code !== null) this.#verifyReturnCode = { num: Number(code[1]), text: code[2]! }
    const made = /^New, (\S{1,20}), Cipher is (\S{1,60})$/.exec(line)
    if (made !== null && made[1] !== '(NONE)') this.#cipher = made[2]
    // The protocol of `New, …` is the oldest that has the cipher; that of the session is the one spoken.
    const protocol = /^\s*Protocol\s*(?:version)?: (\S{1,20})$/.exec(line)
    if (protocol !== null) this.#protocol = protocol[1]
    if (made?.[1] === 'TLSv1.3') this.#protocol = 'TLSv1.3'
    const cipher = /^\s*Cipher\s*: (\S{1,60})$/.exec(line)
    if (cipher !== null && cipher[1] !== '0000') this.#cipher = cipher[1]
    const key = /^(?:Server|Peer) Temp Key: (.{1,100})$/.exec(line)
    if (key !== null) this.#temporaryKey = key[1]
    const bytes = /^SSL handshake has read (\d{1,12}) bytes and written (\d{1,12}) bytes$/.exec(line)
    if (bytes !== null) {
      this.#readBytes = Number(bytes[1])
      this.#writtenBytes = Number(bytes[2])
    }
    const alert = /:SSL alert number (\d{1,3})$/.exec(line)
    if (alert !== null && this.#alerts.length < MAX_SESSION_ROWS) this.#alerts.push(Number(alert[1]))
    if (line === 'no peer certificate available') this.#noPeerCertificate = true
    if (line === 'Acceptable client certificate CA names') this.#clientCertificateAsked = true
  }

  session(): SClientSession {
    const spoken = this.#protocol !== undefined && this.#cipher !== undefined
    return {
      chain: this.#chain,
      verifyErrors: this.#verifyErrors,
      verifyReturnCode: this.#verifyReturnCode,
      protocol: spoken ? this.#protocol : undefined,
      cipher: spoken ? this.#cipher : undefined,
      temporaryKey: this.#temporaryKey,
      readBytes: this.#readBytes,
      writtenBytes: this.#writtenBytes,
      alerts: this.#alerts,
      noPeerCertificate: this.#noPeerCertificate,
      clientCertificateAsked: this.#clientCertificateAsked,
    }
  }
}
