import { testReferees } from '../support/referee-matrix.ts'

testReferees('node')
