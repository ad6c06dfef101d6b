import { expect, test } from 'vitest'
import { runOf } from '../../../test/support/run-fixture.ts'
import { azureVerdict, nrf9160 } from '../../../test/support/verdict-fixture.ts'
import { SummarySection } from './summary-section.ts'

test('the id of a device breaks between its layers, and is escaped', () => {
  const section = new SummarySection()
  const hostile = nrf9160({ id: 'a<b>+ncs@2.7.0' })
  section.add('t1', 'https://a.example/', [azureVerdict(), azureVerdict({ device: hostile })])
  const text = section.toMarkup(runOf()).text
  expect(text).toContain('<span>nrf9160@1.3.7+<wbr>ncs@2.7.0</span>')
  expect(text).toContain('<span>a&lt;b&gt;+<wbr>ncs@2.7.0</span>')
})
