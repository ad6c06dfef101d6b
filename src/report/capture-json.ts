import type { SessionCause } from '../judge/session-causes.ts'
import type { Json } from '../observe/observation-json.ts'
import { causeWords } from './cause-words.ts'
import { evidenceWords } from './evidence-words.ts'
import { verdictJson } from './json.ts'
import { modemJson } from './modem-json.ts'
import { formatSessionSign } from './session-words.ts'
import { sessionJson, sessionName } from './sessions-json.ts'
import type { SessionsToShow, SessionToShow } from './sessions-text.ts'

type JsonObject = { readonly [key: string]: Json }

/** `tlsfit/sessions@1`: what `tlsfit explain --format json` prints of a capture. */
export function captureJson(read: SessionsToShow): JsonObject {
  return {
    schema: 'tlsfit/sessions@1',
    input: 'capture',
    name: read.name,
    frames: read.frames,
    sessions: read.sessions.map(toJson),
    ...(read.modem === undefined ? {} : { modem: modemJson(read.modem) }),
    notes: [...read.notes],
  }
}

function toJson(shown: SessionToShow): JsonObject {
  const { session, explained, matches, verdicts } = shown
  return {
    ...sessionJson(session),
    outcome: explained.outcome,
    decided: explained.decided,
    signs: explained.signs.map((sign) => formatSessionSign(sign)),
    causes: explained.causes.map((cause) => causeJson(cause, shown)),
    helloFits: matches.map(({ device, same }) => ({ id: device.id, same: [...same] })),
    verdicts: verdicts.map((verdict) => verdictJson(verdict)),
  }
}

function causeJson(
  { id, confidence, evidence }: SessionCause,
  { session, verdicts }: SessionToShow,
): JsonObject {
  const { title, says, ask, cures } = causeWords[id]
  const host = sessionName(session)
  const port = session.server.port
  const context = {
    target: host === undefined ? undefined : `https://${host}${port === 443 ? '' : `:${port}`}/`,
    host: host !== undefined && /^[a-z0-9._-]{1,253}$/i.test(host) ? host : undefined,
    port,
    device: verdicts[0]?.device.asked,
    modem: undefined,
  }
  return {
    id,
    title,
    says,
    confidence,
    evidence: evidence.map((sign) => formatSessionSign(sign)),
    missing: ask.map((evidenceId) => ({
      needs: evidenceWords[evidenceId].needs,
      why: evidenceWords[evidenceId].why,
    })),
    next: ask.flatMap((evidenceId) => [...evidenceWords[evidenceId].commands(context)]),
    fixes: cures.map(({ id: fix, title: what }) => ({ id: fix, title: what, commands: [] })),
  }
}
