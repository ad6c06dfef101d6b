import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { createTransport } from 'nodemailer'
import { parse, serialize } from 'parse5'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'
import { alertMessageOf } from '../../../test/support/alerts.ts'
import { hostileText } from '../../../test/support/hostile-verdict.ts'
import { Scratch } from '../../../test/support/openssl.ts'
import type { Channel } from '../../fleet/watch-config.ts'
import { mailHtml, mailOf } from './email.ts'
import { type TellOptions, tell } from './tell.ts'

const addresses = { sender: 'tlsfit@example.com', to: ['ops@example.com'] }

interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string | undefined
  readonly secure: boolean
  readonly text: string
}

let stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()))
  stops = []
})

async function mailServer(options: SMTPServerOptions = {}): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key === undefined ? ['STARTTLS'] : [],
    onData: (stream, session, done) => {
      let text = ''
      stream.on('data', (chunk) => (text += chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : (mailFrom?.address ?? ''),
          to: rcptTo.map(({ address }) => address),
          user: session.user as string | undefined,
          secure: session.secure,
          text,
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  stops.push(() => new Promise((resolve) => server.close(resolve)))
  const address = server.server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, mails }
}

const options: TellOptions = {
  openSecret: async () => 's3cret',
  mayConnect: () => true,
  now: () => new Date(),
  timeoutMs: 5_000,
}

function channelAt(port: number, more: object = {}): Channel {
  return {
    ...{ id: 'mail', name: 'mail', from: 'info', kind: 'email' },
    ...{ server: `smtp://localhost:${port}`, ...addresses },
    ...more,
  } as Channel
}

/** Header lines of a mail, unfolded. */
function headersOf(mail: string): string[] {
  const head = mail.slice(0, mail.search(/\r?\n\r?\n/))
  return head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
}

describe('an alert by e-mail', () => {
  test('reaches a mail server, and a repeat has the same Message-ID', async () => {
    const { port, mails } = await mailServer()
    const channel = channelAt(port, { to: ['ops@example.com', 'night@example.com'] })
    expect(await tell(channel, alertMessageOf(), options)).toEqual({ told: true, note: undefined })
    expect(await tell(channel, alertMessageOf(), options)).toEqual({ told: true, note: undefined })
    expect(mails[0]).toMatchObject({ from: addresses.sender, to: ['ops@example.com', 'night@example.com'] })
    for (const { text } of mails) {
      const headers = headersOf(text)
      expect(headers).toContain('Message-ID: <delivery_1@example.com>')
      expect(headers).toContain('References: <alert_1@example.com>')
      expect(headers).toContain('Subject: critical: 38,000 devices cannot reach fw.example.com')
    }
    expect(mails).toHaveLength(2)
  })

  test('goes with a password over TLS that is verified, and not at all without TLS', async () => {
    const scratch = new Scratch()
    stops.push(async () => scratch.remove())
    const [key, cert] = [scratch.path('key.pem'), scratch.path('cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    execFileSync('openssl', ['req', '-x509', ...ec, '-keyout', key, '-out', cert, ...subject], {
      stdio: 'ignore',
    })
    const onAuth: SMTPServerOptions['onAuth'] = ({ username, password }, _, done) =>
      password === 's3cret' ? done(null, { user: username ?? '' }) : done(new Error(`not ${password}`))
    const { port, mails } = await mailServer({
      key: scratch.read('key.pem'),
      cert: scratch.read('cert.pem'),
      onAuth,
    })
    const withPassword = { user: 'tlsfit', password: { env: 'MAIL' } }
    const known = { ...options, roots: scratch.read('cert.pem') }
    expect(await tell(channelAt(port, withPassword), alertMessageOf(), known)).toMatchObject({ told: true })
    expect(mails).toMatchObject([{ user: 'tlsfit', secure: true }])

    expect(await tell(channelAt(port, withPassword), alertMessageOf(), options)).toMatchObject({
      told: false,
    })
    const wrong = { ...known, openSecret: async () => 'wrongword' }
    expect(await tell(channelAt(port, withPassword), alertMessageOf(), wrong)).toEqual({
      ...{ told: false, error: 'EAUTH, answered 535', messageOnly: false },
    })

    const plain = await mailServer({ onAuth })
    const refused = await tell(channelAt(plain.port, withPassword), alertMessageOf(), known)
    expect(refused).toMatchObject({ told: false })
    expect([mails.length, plain.mails.length]).toEqual([1, 0])
  })

  test('says how many recipients were refused, and fails where all were', async () => {
    const { port, mails } = await mailServer({
      onRcptTo: ({ address }, _, done) =>
        address.startsWith('no') ? done(Object.assign(new Error('unknown'), { responseCode: 550 })) : done(),
    })
    const some = channelAt(port, { to: ['ops@example.com', 'no@example.com'] })
    expect(await tell(some, alertMessageOf(), options)).toEqual({
      told: true,
      note: 'the server refused 1 of 2 recipients',
    })
    expect(await tell(channelAt(port, { to: ['no@example.com'] }), alertMessageOf(), options)).toMatchObject({
      told: false,
      error: 'EENVELOPE, answered 550',
    })
    expect(mails).toHaveLength(1)
  })

  test('fails in time at a server that says nothing, and is not sent where it may not go', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    stops.push(async () => void silent.close())
    const address = silent.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    expect(await tell(channelAt(port), alertMessageOf(), { ...options, timeoutMs: 200 })).toMatchObject({
      told: false,
    })
    let connections = 0
    silent.on('connection', () => connections++)
    const guarded = { ...options, mayConnect: () => false }
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const channel = channelAt(port, { server: `smtp://${host}:${port}` })
      expect(await tell(channel, alertMessageOf(), guarded)).toMatchObject({
        told: false,
        error: 'its address is private, and messages may not go there',
      })
    }
    expect(connections).toBe(0)
  })

  test('has the headers and tags that it always has, whatever names say', async () => {
    const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' })
    const shape = async (title: string, lines: string[]) => {
      const message = alertMessageOf({ title, lines })
      const { message: built } = await transport.sendMail(mailOf(message, addresses))
      const names = headersOf(String(built)).map((line) => line.split(':')[0])
      const tags = serialize(parse(mailHtml(message))).match(/<\/?[a-z0-9]+/g)
      return { names, tags }
    }
    const usual = await shape('a title', ['a line'])
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, async (title, line) => {
        expect(await shape(title, [line])).toEqual(usual)
        expect(await shape(`x\r\nBcc: all@example.com\r\n\r\n${title}`, [line])).toEqual(usual)
      }),
      { numRuns: 200 },
    )
  })
})
