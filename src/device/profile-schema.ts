import * as v from 'valibot'
import { confidences, failureKinds, familyKinds, keyExchanges, stackRules } from './device.ts'

/** Ways of counting, in the order of `Counting`. */
const countings = [
  'sent',
  'path',
  'message',
  'certificate',
  'record',
  'items',
  'bits',
  'stored',
  'bundle',
  'text',
  'heap',
] as const

const text = v.pipe(v.string(), v.nonEmpty())
const names = v.array(text)
const amount = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const confidence = v.picklist(confidences)

/** A key of the file's `sources`, or several, best first. */
const sourceKeys = v.union([text, v.pipe(v.array(text), v.minLength(1))])
const origin = { source: sourceKeys, confidence: v.optional(confidence), note: v.optional(text) }

/** `null` in a range takes away what `common` says: unknown for that range. */
function sourced<Schema extends v.GenericSchema>(value: Schema) {
  return v.optional(v.nullable(v.strictObject({ value, ...origin })))
}

export const readings = v.strictObject({
  sent: v.optional(amount),
  path: v.optional(amount),
  message: v.optional(amount),
  certificate: v.optional(amount),
  record: v.optional(amount),
  items: v.optional(amount),
  bits: v.optional(amount),
  stored: v.optional(amount),
  bundle: v.optional(amount),
  text: v.optional(amount),
  heap: v.optional(amount),
})

const limitBody = v.strictObject({
  value: v.optional(v.union([amount, v.literal('unlimited')])),
  atLeast: v.optional(amount),
  counts: v.picklist([...countings, 'unknown']),
  candidates: v.optional(v.array(v.picklist(countings)), []),
  passes: v.optional(readings, {}),
  fails: v.optional(readings, {}),
  /** Versions of TLS in which the value and what fails were measured; `passes` holds in all. Absent: all. */
  tlsVersions: v.optional(v.pipe(v.array(text), v.minLength(1))),
  disputed: v.optional(v.array(v.strictObject({ value: amount, ...origin })), []),
  ...origin,
})

const limit = v.optional(
  v.nullable(
    v.pipe(
      limitBody,
      v.check(
        (it) => (it.counts === 'unknown') === it.candidates.length > 0,
        'candidates are the ways it may count: list them where counts is unknown, and only there',
      ),
    ),
  ),
)

const acceptance = sourced(v.picklist(['accepted', 'refused']))

const errorWords = v.strictObject({
  when: v.pipe(v.array(v.picklist(failureKinds)), v.minLength(1)),
  statuses: v.optional(v.tuple([amount, amount])),
  code: text,
  log: v.optional(text),
  detail: v.optional(text),
  ...origin,
})

const quirk = v.strictObject({ value: text, ...origin })

/** What a profile says of a device; every part may be absent, which is unknown. */
export const profileValues = v.strictObject({
  hello: v.optional(
    v.strictObject({
      origin: v.optional(v.picklist(['recorded', 'derived', 'assumed'])),
      versions: sourced(names),
      cipherSuites: sourced(names),
      groups: sourced(names),
      keyShares: sourced(names),
      signatureSchemes: sourced(names),
      extensions: sourced(names),
      sni: sourced(v.picklist(['host-name', 'never', 'with-name-check'])),
      maxFragmentLength: sourced(v.picklist(['never', 512, 1024, 2048, 4096])),
      recordSizeLimit: sourced(v.union([v.literal('never'), amount])),
      alpn: sourced(v.picklist(['never', 'configurable'])),
    }),
    {},
  ),
  limits: v.optional(
    v.strictObject({
      chainBytes: limit,
      certificateBytes: limit,
      handshakeMessageBytes: limit,
      recordBytes: limit,
      chainCertificates: limit,
      rsaKeyBits: limit,
      rsaKeyBitsMin: limit,
      storedAnchorBytes: limit,
    }),
    {},
  ),
  verification: v.optional(
    v.strictObject({
      peer: sourced(v.picklist(['required', 'optional', 'none'])),
      name: sourced(v.picklist(['checked', 'unchecked'])),
      dates: sourced(v.picklist(['checked', 'unchecked'])),
      certificateSignatures: sourced(names),
      ipAddressSan: sourced(v.picklist(['matched', 'unmatched'])),
    }),
    {},
  ),
  trust: v.optional(
    v.strictObject({
      leafAnchor: acceptance,
      intermediateAnchor: acceptance,
      crossSignedTwin: acceptance,
      wrongOrder: acceptance,
      sentIntermediates: acceptance,
    }),
    {},
  ),
  build: v.optional(
    v.strictObject({
      rules: sourced(v.picklist(stackRules)),
      hashes: sourced(names),
      certificateGroups: sourced(names),
      keyExchanges: sourced(v.array(v.picklist(keyExchanges))),
      receiveBuffer: sourced(v.picklist(['fixed', 'shrinks'])),
      alternativeChains: sourced(v.picklist(['tried', 'not-tried'])),
      compatibilityLayer: sourced(v.picklist(['built-in', 'absent'])),
      pssBelow13: sourced(v.picklist(['verified', 'refused'])),
      sentRecordBytes: limit,
      heapBytes: limit,
    }),
    {},
  ),
  http: v.optional(
    v.strictObject({
      rangeBytes: sourced(v.union([amount, v.literal('never')])),
      rangeChoices: sourced(v.array(amount)),
      rangeSetting: sourced(text),
      onRecordTooLarge: sourced(v.picklist(['fails', 'reconnects', 'shrinks'])),
      responseHeadBytes: limit,
      pathBytes: limit,
      hostBytes: limit,
      requestBytes: limit,
      redirects: sourced(v.picklist(['followed', 'followed-absolute', 'refused'])),
      contentLength: sourced(v.picklist(['needed', 'not-needed'])),
      rangeSupport: sourced(v.picklist(['needed', 'not-needed'])),
      contentCodings: sourced(names),
      requestHeaders: sourced(names),
      headSlackBytes: sourced(amount),
    }),
  ),
  mqtt: v.optional(
    v.strictObject({
      protocolLevel: sourced(v.picklist([3, 4, 5])),
      /** Two bytes on the wire, MQTT 3.1.1 §3.1.2.10. */
      keepAliveSeconds: sourced(v.pipe(amount, v.maxValue(65_535))),
    }),
  ),
  anchorsHeld: sourced(names),
  handshakeFragments: sourced(v.picklist(['joined', 'refused'])),
  errors: v.optional(v.array(errorWords), []),
  quirks: v.optional(v.array(quirk), []),
})

/** One file of `devices/`: a family. */
export const profileFile = v.strictObject({
  family: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, 'write as lower-case letters, digits and hyphens'),
  ),
  name: text,
  /** The heading that lists put it under. */
  kind: v.optional(v.picklist(familyKinds)),
  /** The layer it lies on when the user names none, with its version: `mbedtls@2.28`. */
  base: v.optional(text),
  /** Families that this layer lies on; absent for a modem, stack or module. */
  runsOn: v.optional(v.array(text), []),
  /** Layers put on top when the user names none, lowest first. */
  under: v.optional(v.array(text), []),
  defaultVersion: text,
  /** Other ids for the family or one of its ranges. */
  aliases: v.optional(v.record(text, text), {}),
  sources: v.record(text, v.strictObject({ where: text, confidence })),
  /** What a change of its version does by itself, whatever the versions. */
  updates: v.optional(v.array(quirk), []),
  common: v.optional(profileValues, {}),
  ranges: v.record(text, v.nullable(profileValues)),
})
