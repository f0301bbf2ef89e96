/** Builds dist/ from src/: tsc removes the types, ncc bundles. The result is byte-identical on every machine. */
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const run = (program: string, ...args: string[]) => execFileSync(join(root, 'node_modules/.bin', program), args, { cwd: root, stdio: 'inherit' })

for (const folder of ['lib', 'dist']) rmSync(join(root, folder), { recursive: true, force: true })
run('tsc', '-p', 'tsconfig.build.json')
cpSync(join(root, 'src/image/read_flows.py'), join(root, 'lib/image/read_flows.py'))
run('ncc', 'build', 'lib/index.js', '--out', 'dist', '--license', 'licenses.txt')
// Some packages have Windows' line ends, which git would not keep.
for (const file of ['dist/index.js', 'dist/licenses.txt']) writeFileSync(join(root, file), readFileSync(join(root, file), 'utf8').replaceAll('\r\n', '\n'))
