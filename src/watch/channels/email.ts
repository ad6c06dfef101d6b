import { isIP } from 'node:net'
import { createTransport, type SendMailOptions } from 'nodemailer'
import { escapeHtml } from '../../report/escape-html.ts'
import type { AlertMessage } from './alert-message.ts'
import { checkLiteral, guardedLookup, type MayConnect } from './connect-rule.ts'
import { headline, paragraphs } from './message-words.ts'

export interface MailServer {
  /** `smtp://host:port` or `smtps://host:port`. */
  readonly server: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly mayConnect: MayConnect
  readonly timeoutMs: number
  /** PEM of roots, in place of Node's. */
  readonly roots?: string | undefined
}

export interface MailAddresses {
  readonly sender: string
  readonly to: readonly string[]
}

/** Gives how many of the recipients the server refused; throws where it takes none. */
export async function sendMail(mail: SendMailOptions, options: MailServer): Promise<number> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), options.timeoutMs)
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error('late'), { name: 'TimeoutError' })
    abort.signal.addEventListener('abort', () => reject(error))
  })
  try {
    return await Promise.race([send(mail, options, abort.signal), late])
  } finally {
    clearTimeout(timer)
  }
}

async function send(mail: SendMailOptions, options: MailServer, signal: AbortSignal): Promise<number> {
  const { hostname, port, protocol } = new URL(options.server)
  const implicit = protocol === 'smtps:'
  const { user, password, timeoutMs } = options
  const name = hostname.replace(/^\[(.*)\]$/, '$1')
  const host = await addressOf(name, options.mayConnect)
  signal.throwIfAborted()
  const transport = createTransport({
    host,
    port: port === '' ? (implicit ? 465 : 587) : Number(port),
    secure: implicit,
    // A password goes over TLS or not at all; without one, TLS is taken where it is offered.
    requireTLS: password !== undefined,
    ...(password !== undefined && { auth: { user: user ?? '', pass: password } }),
    tls: {
      ...(isIP(name) === 0 && { servername: name }),
      ...(options.roots !== undefined && { ca: options.roots }),
    },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  signal.addEventListener('abort', () => transport.close())
  try {
    const { rejected } = await transport.sendMail(mail)
    return rejected.length
  } finally {
    transport.close()
  }
}

/** The address that was asked about is the one that is connected to. */
function addressOf(host: string, mayConnect: MayConnect): Promise<string> {
  return new Promise((resolve, reject) => {
    checkLiteral(host, mayConnect)
    if (isIP(host) !== 0) return resolve(host)
    guardedLookup(mayConnect)(host, {}, (error, address) => {
      if (error !== null) reject(error)
      else resolve(String(address))
    })
  })
}

/** Mails of one alert refer to the same message, which none of them is: so they stand together whichever came first. */
export function mailOf(message: AlertMessage, { sender, to }: MailAddresses): SendMailOptions {
  const domain = sender.slice(sender.lastIndexOf('@') + 1)
  const thread = `<${message.alertKey}@${domain}>`
  return {
    from: { name: 'tlsfit', address: sender },
    to: to.map((address) => ({ name: '', address })),
    subject: headline(message, 180),
    messageId: `<${message.id}@${domain}>`,
    references: thread,
    inReplyTo: thread,
    date: new Date(message.at),
    // No answers of out-of-office machines, RFC 3834.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Tlsfit-Alert': message.alertKey },
    text: mailText(message),
    html: mailHtml(message),
  }
}

function mailText(message: AlertMessage): string {
  return [headline(message), '', ...paragraphs(message), '', ...linksOf(message), ''].join('\n')
}

/** No picture, no style sheet, nothing to load. */
export function mailHtml(message: AlertMessage): string {
  const lines = paragraphs(message).map((line) => `<p>${escapeHtml(line, { maxChars: 4_000 })}</p>`)
  const links = linksOf(message).map((link) => `<p><a href="${escapeHtml(link)}">open in tlsfit</a></p>`)
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>tlsfit</title></head>',
    '<body style="font-family: sans-serif; max-width: 44em">',
    `<h1 style="font-size: 1.15em">${escapeHtml(headline(message), { maxChars: 4_000 })}</h1>`,
    ...lines,
    ...links,
    '</body></html>',
  ].join('\n')
}

function linksOf({ link }: AlertMessage): string[] {
  return link === undefined ? [] : [link]
}
