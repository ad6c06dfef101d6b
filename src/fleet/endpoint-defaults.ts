import type { RoomThreshold, ThresholdParts, Thresholds, WatchConfig } from './watch-config.ts'

/** What holds for endpoints that say nothing themselves, beside their schedule: each part may be said in another place. */
export interface EndpointDefaults {
  /** For each step: look-up, connect, handshake, silence within a response. */
  readonly timeoutSeconds: number
  readonly retryCount: number
  readonly retryAfterSeconds: number
  /** Whole: a room that is said stands in place of the one before. */
  readonly room: RoomThreshold
  readonly shrink: RoomThreshold
  readonly leafDays: number
  readonly intermediateDays: number
  readonly rootDays: number
  readonly anchorDays: number
}

export type DefaultPart = keyof EndpointDefaults

/** As far as one place says it. */
export type DefaultParts = { readonly [part in DefaultPart]?: EndpointDefaults[part] | undefined }

/** A leaf that is not renewed by then is late; what devices hold takes an update. */
export const builtInDefaults: EndpointDefaults = {
  timeoutSeconds: 10,
  retryCount: 2,
  retryAfterSeconds: 20,
  room: { percent: 10 },
  shrink: { percent: 10 },
  leafDays: 14,
  intermediateDays: 60,
  rootDays: 180,
  anchorDays: 365,
}

export const defaultParts = Object.keys(builtInDefaults) as readonly DefaultPart[]

/** What the file says holds before what was set in the dashboard. */
export interface DefaultPlaces {
  readonly file: DefaultParts
  readonly set: DefaultParts
}

/** The first that says it counts; what nobody says is as built in. */
export function defaultsOf(...places: readonly DefaultParts[]): EndpointDefaults {
  const said = defaultParts.map((part) => {
    const place = places.find((one) => one[part] !== undefined) ?? builtInDefaults
    return [part, place[part]]
  })
  return Object.fromEntries(said) as EndpointDefaults
}

/** Of a file, as it says them. */
export function partsOfFile({
  timeoutSeconds,
  retries,
  thresholds,
}: Partial<Pick<WatchConfig, 'timeoutSeconds' | 'retries' | 'thresholds'>>): DefaultParts {
  const { leaf, intermediate, root, anchor } = thresholds?.expiryDays ?? {}
  return {
    timeoutSeconds,
    ...{ retryCount: retries?.count, retryAfterSeconds: retries?.afterSeconds },
    ...{ room: thresholds?.room, shrink: thresholds?.shrink },
    ...{ leafDays: leaf, intermediateDays: intermediate, rootDays: root, anchorDays: anchor },
  }
}

/** Of an endpoint: what it says itself holds before the defaults. */
export function thresholdsOf(
  { room, shrink, leafDays, intermediateDays, rootDays, anchorDays }: EndpointDefaults,
  own: ThresholdParts = {},
): Thresholds {
  const { leaf, intermediate, root, anchor } = own.expiryDays ?? {}
  return {
    room: own.room ?? room,
    shrink: own.shrink ?? shrink,
    expiryDays: {
      leaf: leaf ?? leafDays,
      intermediate: intermediate ?? intermediateDays,
      root: root ?? rootDays,
      anchor: anchor ?? anchorDays,
    },
  }
}
