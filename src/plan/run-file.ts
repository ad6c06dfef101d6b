import * as v from 'valibot'
import { DataFileError } from '../device/data-file.ts'
import { stages } from '../finding/stage.ts'
import { orderRecord, type RunRecord } from './run-record.ts'

const schema = 'tlsfit/run@1'
const text = v.pipe(v.string(), v.maxLength(16_384))
const whole = v.pipe(v.number(), v.integer())

const runFile = v.strictObject({
  schema: v.literal(schema),
  targets: v.array(
    v.strictObject({
      target: text,
      devices: v.array(
        v.strictObject({
          device: text,
          state: v.picklist(['fits', 'at-risk', 'blocked', 'undecided']),
          stage: v.nullable(v.picklist(stages)),
          chains: v.array(
            v.strictObject({
              leaf: text,
              issued: text,
              expires: text,
              bytes: whole,
              certificates: whole,
              root: text,
            }),
          ),
          margins: v.array(
            v.strictObject({
              limit: text,
              counts: text,
              unit: v.picklist(['bytes', 'bits', 'certificates', 'characters']),
              left: whole,
              limitValue: whole,
            }),
          ),
          findings: v.optional(
            v.array(
              v.strictObject({
                id: text,
                host: v.nullable(text),
                effect: v.picklist(['blocks', 'risks', 'unknown', 'info']),
                figures: v.record(text, v.number()),
              }),
            ),
          ),
        }),
      ),
    }),
  ),
})

/** More than any plan can make. */
export const runFileLimit = 67_108_864

/** The file's text: one fact a line, always in the same order. */
export function formatRun(record: RunRecord): string {
  const targets = orderRecord(record).targets.map(({ target, devices }) => ({
    target,
    devices: devices.map(({ device, state, stage, chains, margins, findings }) => ({
      device,
      state,
      stage: stage ?? null,
      chains: chains.map(({ leaf, issued, expires, bytes, certificates, root }) => {
        return { leaf, issued, expires, bytes, certificates, root }
      }),
      margins: margins.map(({ limit, counts, unit, left, limitValue }) => {
        return { limit, counts, unit, left, limitValue }
      }),
      findings: findings?.map(({ id, host, effect, figures }) => ({
        id,
        host: host ?? null,
        effect,
        figures,
      })),
    })),
  }))
  return `${JSON.stringify({ schema, targets }, null, 2)}\n`
}

/** Throws `DataFileError` for what is no such file. */
export function parseRun(text: string, file: string): RunRecord {
  const at = { file, line: undefined, path: '' }
  const mend = 'delete it, or write it anew with tlsfit check --update-baseline'
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    throw new DataFileError('bad-shape', at, 'is no JSON, or was cut short', mend)
  }
  const named = (tree as { readonly schema?: unknown } | null)?.schema
  if (typeof named === 'string' && named !== schema && named.startsWith('tlsfit/run@')) {
    throw new DataFileError('bad-shape', at, 'is of another version of tlsfit', mend)
  }
  const read = v.safeParse(runFile, tree, { abortEarly: true })
  if (!read.success) throw new DataFileError('bad-shape', at, 'is no last run of tlsfit', mend)
  return {
    targets: read.output.targets.map(({ target, devices }) => ({
      target,
      devices: devices.map((device) => ({
        ...device,
        stage: device.stage ?? undefined,
        findings: device.findings?.map((one) => ({ ...one, host: one.host ?? undefined })),
      })),
    })),
  }
}
