import * as v from 'valibot'

export const apiErrorSchema = v.object({
  schema: v.literal('tlsfit/error@1'),
  error: v.object({
    code: v.string(),
    message: v.string(),
    hint: v.optional(v.string()),
    at: v.optional(v.string()),
  }),
})
