import { expect, test } from 'vitest'
import { deviceName } from './deviceName'

test.each([
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26 Safari/604', 'Safari · iOS'],
  ['Mozilla/5.0 (Windows NT 10.0) Chrome/150 Safari/537 Edg/150', 'Edge · Windows'],
  ['curl/8.0', 'curl/8.0'],
])('%s is named', (agent, name) => {
  expect(deviceName(agent)).toBe(name)
})
