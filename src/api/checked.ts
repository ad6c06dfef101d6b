import type { MiddlewareHandler, ValidationTargets } from 'hono'
import { type DescribeRouteOptions, describeRoute, resolver, validator } from 'hono-openapi'
import type * as v from 'valibot'
import { ApiFailure } from './api-failure.ts'
import { apiErrorSchema } from './schemas/error-schema.ts'

/** A part of the request as `schema` has it; else the answer is 400 and names the field. */
export function checked<Target extends keyof ValidationTargets, Schema extends v.GenericSchema>(
  target: Target,
  schema: Schema,
) {
  return validator(target, schema, (result) => {
    if (result.success) return
    const [issue] = result.error
    const at = issue?.path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    throw new ApiFailure(400, 'request-invalid', issue?.message ?? 'the request is not as it should be', {
      at: at === '' || at === undefined ? undefined : at.slice(0, 200),
    })
  })
}

const errors: { readonly [status: string]: string } = {
  400: 'The request is not as it should be.',
  401: 'It needs a token.',
  403: 'The caller may not.',
  404: 'There is no such thing.',
  409: 'It is in the way of something else.',
  422: 'It leads to no address of the Internet.',
  429: 'That was too often.',
}

/** What a route is, for `/openapi.json`. `answer`: schema of 200, or a media type and what it is. */
export function described(
  tag: string,
  summary: string,
  answer: v.GenericSchema | { readonly type: string; readonly is: string },
  more: {
    readonly status?: 200 | 201 | 202 | 204 | 303
    readonly errors?: readonly (keyof typeof errors)[]
  } = {},
): MiddlewareHandler {
  const answers: NonNullable<DescribeRouteOptions['responses']> = {}
  const { status = 200 } = more
  answers[status] =
    'kind' in answer
      ? {
          description: 'As asked.',
          ...(status !== 204 && { content: { 'application/json': { schema: resolver(answer) } } }),
        }
      : {
          description: answer.is,
          content: { [answer.type]: { schema: { type: 'string' } } },
        }
  for (const code of more.errors ?? ['400', '401', '403', '404', '429']) {
    answers[code] = {
      description: errors[code] ?? '',
      content: { 'application/json': { schema: resolver(apiErrorSchema) } },
    }
  }
  return describeRoute({ tags: [tag], summary, responses: answers })
}
