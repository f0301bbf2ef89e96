/**
 * A `docker` that asks the engine once and then repeats its answers: what happens to the writes to Prefect does not
 * depend on the image, which is the same in all trials.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../command.ts'

/** @returns a folder for the front of the PATH. */
export function rememberDocker(folder: string): string {
  const [path, answers] = [join(folder, 'remembered-docker'), join(folder, 'docker-answers')]
  for (const directory of [path, answers]) mkdirSync(directory, { recursive: true })
  const program = findProgram('docker')
  if (program === undefined) throw new Error('There is no docker')
  writeFileSync(join(path, 'docker'), script(program, answers), { mode: 0o755 })
  return path
}

/** Each container has a name of its own; only `run` reads its input. An answer counts once its exit code is there. */
function script(program: string, answers: string): string {
  return `#!/bin/bash
[ "$1" = run ] && input=$(cat)
answer='${answers}'/$(printf '%s\\n' "$@" "$input" | sed 's/prefect-ecs-deploy-.*//' | sha256sum | cut -c 1-64)
if [ ! -e "$answer.code" ]; then
  printf '%s' "$input" | '${program}' "$@" >"$answer.out" 2>"$answer.err"
  echo $? >"$answer.code"
fi
cat "$answer.out"
cat "$answer.err" >&2
exit "$(cat "$answer.code")"
`
}
