/** How often an endpoint is looked at. */
export interface Schedule {
  readonly everySeconds: number
  /** Every distinct hello is sent at least once in so long. */
  readonly thoroughSeconds: number
}

/** As far as one place says it. */
export type ScheduleParts = { readonly [part in keyof Schedule]?: number | undefined }

const builtInSchedule: Schedule = { everySeconds: 3_600, thoroughSeconds: 86_400 }

/** Of endpoints that say nothing themselves: what the file says holds before what was set in the dashboard. */
export interface ScheduleDefaults {
  readonly file: ScheduleParts
  readonly set: ScheduleParts
}

/** The first that says it counts; what nobody says is as built in. */
export function scheduleOf(...places: readonly ScheduleParts[]): Schedule {
  const first = (part: keyof Schedule) =>
    places.find((place) => place[part] !== undefined)?.[part] ?? builtInSchedule[part]
  return { everySeconds: first('everySeconds'), thoroughSeconds: first('thoroughSeconds') }
}
