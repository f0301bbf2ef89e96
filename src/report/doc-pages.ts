/** Where docs/ has the entry of a code; a test holds that each has one. */
export function pageOf(page: 'errors' | 'warnings', code: string): string {
  return `https://github.com/org/prefect-ecs-deploy/blob/v1/docs/${page}.md#${code}`
}
