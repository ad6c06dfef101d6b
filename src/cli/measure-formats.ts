/** Of `--report` of `measure`. */
export const measuredFormats = ['text', 'markdown', 'html', 'json'] as const
export type MeasuredFormat = (typeof measuredFormats)[number]
