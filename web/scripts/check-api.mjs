/** Fails when src/api/schema.d.ts is not what openapi.json says. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'

const KEPT = 'src/api/schema.d.ts'
const folder = mkdtempSync(join(tmpdir(), 'capitalino-api-'))
try {
  const fresh = join(folder, 'schema.d.ts')
  const cli = 'node_modules/openapi-typescript/bin/cli.js'
  execFileSync(process.execPath, [cli, 'openapi.json', '--default-non-nullable=false', '--output', fresh], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const style = { ...(await resolveConfig(KEPT)), filepath: KEPT }
  if ((await format(readFileSync(fresh, 'utf8'), style)) !== readFileSync(KEPT, 'utf8')) {
    process.stderr.write(`${KEPT} is not what openapi.json says: run "npm run api".\n`)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
