import type { Channel, SecretReference } from '../../fleet/watch-config.ts'
import type { OpenSecret } from '../open-secret.ts'
import type { AlertMessage } from './alert-message.ts'
import { alertmanagerRequest } from './alertmanager.ts'
import type { MayConnect } from './connect-rule.ts'
import { discordRequest } from './discord.ts'
import { ntfyRequest } from './ntfy.ts'
import { failureOf, type Outcome, outcomeOf } from './outcome.ts'
import type { Outgoing } from './outgoing.ts'
import { pagerdutyRequest } from './pagerduty.ts'
import { post } from './post.ts'
import { slackRequest } from './slack.ts'
import { teamsRequest } from './teams.ts'
import { telegramRequest } from './telegram.ts'
import { webhookRequest } from './webhook.ts'

export interface TellOptions {
  readonly openSecret: OpenSecret
  readonly mayConnect: MayConnect
  readonly now: () => Date
  /** For one message, from the look-up to the answer; default 15 s. */
  readonly timeoutMs?: number | undefined
  /** PEM of roots in place of Node's. */
  readonly roots?: string | undefined
  /** Where Telegram and PagerDuty are, in place of the Internet. */
  readonly services?: Services | undefined
}

export interface Services {
  readonly telegram: string
  readonly pagerduty: string
}

const publicServices: Services = {
  telegram: 'https://api.telegram.org',
  pagerduty: 'https://events.pagerduty.com',
}
export const TELL_TIMEOUT_MS = 15_000

/** Tells the channel. Secrets are opened here, and forgotten with the return. Never rejects. */
export async function tell(channel: Channel, message: AlertMessage, options: TellOptions): Promise<Outcome> {
  const secrets: string[] = []
  const open = async (reference: SecretReference) => {
    const secret = await options.openSecret(reference)
    secrets.push(secret)
    return secret
  }
  const { mayConnect, now, roots, timeoutMs = TELL_TIMEOUT_MS } = options
  try {
    if (channel.kind === 'email') return await mail(channel, message, open, options)
    const outgoing = await requestOf(channel, message, open, options)
    return outcomeOf(await post(outgoing, { mayConnect, timeoutMs, roots }), secrets, now())
  } catch (error) {
    return failureOf(error, secrets)
  }
}

async function requestOf(
  channel: Exclude<Channel, { kind: 'email' }>,
  message: AlertMessage,
  open: OpenSecret,
  { now, services = publicServices }: TellOptions,
): Promise<Outgoing> {
  const maybe = (reference: SecretReference | undefined) => reference && open(reference)
  switch (channel.kind) {
    case 'webhook': {
      const url = typeof channel.url === 'string' ? channel.url : await open(channel.url)
      return webhookRequest(message, { url, key: await maybe(channel.key), now: now() })
    }
    case 'slack':
      return slackRequest(message, await open(channel.url))
    case 'teams':
      return teamsRequest(message, await open(channel.url))
    case 'discord':
      return discordRequest(message, await open(channel.url))
    case 'alertmanager':
      return alertmanagerRequest(message, { url: channel.url, token: await maybe(channel.token) })
    case 'ntfy': {
      const url = typeof channel.url === 'string' ? channel.url : await open(channel.url)
      return ntfyRequest(message, { url, token: await maybe(channel.token) })
    }
    case 'telegram': {
      const token = await open(channel.token)
      return telegramRequest(message, { chat: channel.chat, token, base: services.telegram })
    }
    case 'pagerduty':
      return pagerdutyRequest(message, { key: await open(channel.key), base: services.pagerduty })
  }
}

/** The mailer is loaded with the first mail. */
async function mail(
  channel: Extract<Channel, { kind: 'email' }>,
  message: AlertMessage,
  open: OpenSecret,
  { mayConnect, roots, timeoutMs = TELL_TIMEOUT_MS }: TellOptions,
): Promise<Outcome> {
  const { mailOf, sendMail } = await import('./email.ts')
  const { server, sender, to, user } = channel
  const password = channel.password && (await open(channel.password))
  const refused = await sendMail(mailOf(message, { sender, to }), {
    ...{ server, user, password },
    ...{ mayConnect, roots, timeoutMs },
  })
  const note = refused === 0 ? undefined : `the server refused ${refused} of ${to.length} recipients`
  return { told: true, note }
}
