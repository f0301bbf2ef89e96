/** `npm run migration`: measures the sample repositories and writes the table of docs/migration.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withPart } from '../bench/benchmarks-page.ts'
import { root } from '../sandbox/paths.ts'
import { migrationTable } from './migration-lines.ts'

const page = join(root, 'docs/migration.md')
writeFileSync(page, withPart(readFileSync(page, 'utf8'), 'lines', migrationTable()))
