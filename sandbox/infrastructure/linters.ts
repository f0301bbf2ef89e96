import { join } from 'node:path'
import { attempt } from '../command.ts'
import { awsTools } from '../paths.ts'
import { templateFolder, templatesInFolder } from './template.ts'

/** What cfn-lint and checkov find in the templates, each as they print it; neither asks the network. */
export async function lintTemplates(): Promise<string[]> {
  const files = templatesInFolder().map((name) => join(templateFolder, `${name}.yml`))
  const env = { PATH: process.env.PATH, HOME: process.env.HOME }
  const [cfnLint, checkov] = await Promise.all([
    attempt([join(awsTools, 'bin/cfn-lint'), '--format', 'parseable', '--', ...files], { env }),
    attempt([
      join(awsTools, 'bin/checkov'), '--directory', templateFolder, '--framework', 'cloudformation', '--skip-download', '--output', 'json', '--compact',
    ], { env }),
  ])
  return [...linesOf(cfnLint.stdout + cfnLint.stderr), ...failedChecks(checkov.stdout)]
}

type Report = {
  readonly results: {
    readonly failed_checks: readonly { readonly check_id: string; readonly check_name: string; readonly resource: string; readonly file_path: string }[]
    readonly parsing_errors: readonly string[]
  }
  readonly summary: { readonly passed: number }
}

/** @throws Error when checkov has looked at nothing, which it does not call a failure. */
export function failedChecks(json: string): string[] {
  const { results, summary } = JSON.parse(json) as Report
  if (summary.passed === 0) throw new Error(`checkov has checked nothing: ${json}`)
  return [
    ...results.failed_checks.map((check) => `${check.file_path}: ${check.resource}: ${check.check_id} ${check.check_name}`),
    ...results.parsing_errors.map((file) => `${file}: checkov cannot read it`),
  ]
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
