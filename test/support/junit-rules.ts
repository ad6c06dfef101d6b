import { parseXml, type XmlElement } from './xml-tree.ts'

/**
 * What readers of JUnit XML agree on: the rules of Maven Surefire's surefire-test-report.xsd and of the Jenkins xUnit
 * plugin's junit-10.xsd, where they differ the stricter one. Each fault as `path: what`.
 */
export function junitFaults(xml: string): string[] {
  return faultsOf(parseXml(xml), '')
}

interface Rule {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** In this order. */
  readonly children: readonly string[]
  readonly text: boolean
}

const outcome: Rule = { required: ['type'], optional: ['message'], children: [], text: true }
const rules: { readonly [name: string]: Rule } = {
  testsuites: {
    required: [],
    optional: ['name', 'time', 'tests', 'failures', 'errors'],
    children: ['testsuite'],
    text: false,
  },
  testsuite: {
    required: ['name', 'tests', 'errors', 'skipped', 'failures'],
    optional: ['time', 'timestamp'],
    children: ['properties', 'testcase'],
    text: false,
  },
  properties: { required: [], optional: [], children: ['property'], text: false },
  property: { required: ['name', 'value'], optional: [], children: [], text: false },
  testcase: {
    required: ['name', 'time'],
    optional: ['classname'],
    children: ['failure', 'skipped', 'error', 'system-out', 'system-err'],
    text: false,
  },
  failure: outcome,
  error: outcome,
  skipped: { required: [], optional: ['message'], children: [], text: true },
  'system-out': { required: [], optional: [], children: [], text: true },
  'system-err': { required: [], optional: [], children: [], text: true },
}

/** Surefire's SUREFIRE_TIME, without the groups that it allows as well. */
const time = /^\d+(\.\d{1,3})?$/

function faultsOf(element: XmlElement, parent: string): string[] {
  const path = `${parent}/${element.name}`
  const rule = rules[element.name]
  if (rule === undefined) return [`${path}: unknown element`]
  const names = Object.keys(element.attributes)
  const order = element.children.map((child) => rule.children.indexOf(child.name))
  return [
    ...rule.required.filter((name) => !names.includes(name)).map((name) => `${path}: lacks ${name}`),
    ...names
      .filter((name) => !rule.required.includes(name) && !rule.optional.includes(name))
      .map((name) => `${path}: unknown attribute ${name}`),
    ...(element.attributes.time !== undefined && !time.test(element.attributes.time)
      ? [`${path}: time`]
      : []),
    ...(order.includes(-1) || order.some((at, index) => at < (order[index - 1] ?? 0))
      ? [`${path}: children out of order`]
      : []),
    ...(!rule.text && element.text.trim() !== '' ? [`${path}: text`] : []),
    ...countFaults(element, path),
    ...element.children.flatMap((child) => faultsOf(child, path)),
  ]
}

/** The counts of a suite are those of its cases; those of the root, of all suites. */
function countFaults(element: XmlElement, path: string): string[] {
  if (element.name !== 'testsuite' && element.name !== 'testsuites') return []
  const suites = element.name === 'testsuites' ? element.children : [element]
  const cases = suites.flatMap((suite) => suite.children.filter((child) => child.name === 'testcase'))
  const having = (outcome: string) =>
    cases.filter((each) => each.children.some((child) => child.name === outcome)).length
  const expected: { readonly [name: string]: number } = {
    tests: cases.length,
    failures: having('failure'),
    errors: having('error'),
    skipped: having('skipped'),
  }
  return Object.entries(expected)
    .filter(([name, count]) => (element.attributes[name] ?? String(count)) !== String(count))
    .map(([name]) => `${path}: ${name} is wrong`)
}
