/** Values of all fields of that name, in any case, as one list, RFC 9110 §5.3; undefined when there is none. */
export function combinedField(
  fields: readonly (readonly [name: string, value: string])[],
  name: string,
): string | undefined {
  const wanted = name.toLowerCase()
  const values = fields.filter(([given]) => given.toLowerCase() === wanted).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(', ')
}
