/** The server's tables of banks, card numbers and working days are what the pinned packages say. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('the checked-in tables agree with their packages', () => {
  const maker = fileURLToPath(new URL('../../../src/bank/directory/make-tables.mjs', import.meta.url))
  const made = spawnSync(process.execPath, [maker, '--check'], { encoding: 'utf8', timeout: 20_000 })
  expect(made.stderr).toBe('')
  expect(made.status).toBe(0)
})
