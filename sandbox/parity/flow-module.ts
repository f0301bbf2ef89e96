/** Source of flow modules that a Prefect file names and that are not at hand. */
import type { Entrypoint } from './mentions.ts'

/** A Python module with these flows; their parameters take whatever the file gives them. */
export function flowModule(entrypoints: readonly Entrypoint[]): string {
  const names = [...new Set(entrypoints.map(({ flow }) => flow))]
  const flows = names.map((name) => {
    const parameters = new Set(entrypoints.filter(({ flow }) => flow === name).flatMap((entrypoint) => entrypoint.parameters))
    return flowSource(name.split('.'), [...parameters])
  })
  return `from prefect import flow\n\n\n${flows.join('\n\n')}`
}

/** @param path `[function]`, or classes around it, in which it is a static method. */
function flowSource(path: readonly string[], parameters: readonly string[]): string {
  const [name = '', ...inner] = path
  if (inner.length > 0) return `class ${name}:\n${indented(`@staticmethod\n${flowSource(inner, parameters)}`)}\n`
  const list = parameters.map((parameter) => `${parameter}=None`).join(', ')
  return `@flow\ndef ${name}(${list}):\n    """Made for the parity check."""\n`
}

function indented(text: string): string {
  return text.split('\n').map((line) => (line === '' ? line : `    ${line}`)).join('\n')
}
