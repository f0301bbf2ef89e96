/**
 * `npm run check:pull-request`: the example workflow runs three times on one pull request, under act and on the sandbox.
 * The last line counts what the other sides saw: GitHub its comments, AWS and Prefect their writes, the registry its pushes.
 */
import { join } from 'node:path'
import { runWorkflow } from '../sandbox/act.ts'
import { connectSandbox } from '../sandbox/connect.ts'
import type { Sandbox } from '../sandbox/connect.ts'
import type { Comment, OpenPullRequest } from '../sandbox/github/pull-request.ts'
import { root } from '../sandbox/paths.ts'
import { isPrefectWrite } from '../sandbox/prefect-recorder.ts'
import { pushEvent } from '../sandbox/runner/event.ts'
import { roleArn, roles } from '../sandbox/scene.ts'
import { startStack } from '../sandbox/stack.ts'
import { edit } from '../sandbox/workspace.ts'

const EXPECTED = 'runs 3, comments 1, writes 0, pushes 0'

/** One run: what became of the comment, and what was written meanwhile. */
type Run = { readonly comments: readonly Comment[]; readonly writes: readonly string[]; readonly pushes: readonly string[] }

const stack = process.env.SANDBOX === undefined ? await startStack() : undefined
try {
  const sandbox = connectSandbox(stack?.endpoints)
  const runs = await planThrice(sandbox)
  const problems = wrongWith(runs)
  for (const problem of problems) console.log(`wrong: ${problem}`)
  const count = (of: (run: Run) => readonly unknown[]) => runs.reduce((sum, run) => sum + of(run).length, 0)
  const line = `runs ${runs.length}, comments ${runs.at(-1)?.comments.length ?? 0}, writes ${count(({ writes }) => writes)}, pushes ${count(({ pushes }) => pushes)}`
  console.log(line)
  process.exitCode = line === EXPECTED && problems.length === 0 ? 0 : 1
} finally {
  await stack?.stop()
}

/** The same commit twice, then a newer one; something is live already, so that there is something to leave alone. */
async function planThrice(sandbox: Sandbox): Promise<Run[]> {
  const workspace = await sandbox.checkOut()
  await release(sandbox, workspace)
  edit(workspace, 'prefect.yaml', '30 6 * * 1-5', '45 6 * * 1-5')
  edit(workspace, 'flows/report.py', '\n\n\n', `\n\n\nREVISION = "${workspace}"\n\n\n`)
  const pullRequest = await sandbox.openPullRequest(workspace)
  const first = await plan(sandbox, pullRequest, workspace)
  const again = await plan(sandbox, pullRequest, workspace)
  edit(workspace, 'prefect.yaml', 'keep_days: 30', 'keep_days: 60')
  await pullRequest.push(workspace)
  return [first, again, await plan(sandbox, pullRequest, workspace)]
}

async function release(sandbox: Sandbox, workspace: string): Promise<void> {
  const step = await sandbox.run({ workspace, event: pushEvent(), inputs: cloudInputs(sandbox), secrets: [sandbox.endpoints.cloud.apiKey] })
  if (step.exitCode !== 0) throw new Error(`The release before the pull request failed:\n${step.log}`)
}

function cloudInputs({ endpoints: { cloud } }: Sandbox): Record<string, string> {
  return { 'prefect-api-url': cloud.apiUrl, 'prefect-api-key': cloud.apiKey, 'prefect-api-auth-string': '' }
}

async function plan(sandbox: Sandbox, pullRequest: OpenPullRequest, workspace: string): Promise<Run> {
  const { aws, prefect, endpoints: { cloud } } = sandbox
  await Promise.all([aws.clearJournal(), prefect.clearJournal()])
  const before = await holdings(sandbox)
  const { exitCode, log } = await runWorkflow(sandbox, {
    workflow: join(root, 'examples/workflows/deploy.yml'),
    event: pullRequest.event(),
    vars: { AWS_PLAN_ROLE: roleArn(roles.plan), AWS_DEPLOY_ROLE: roleArn(roles.deploy), PREFECT_API_URL: cloud.apiUrl },
    secrets: { PREFECT_API_KEY: cloud.apiKey },
    workspace,
  })
  if (exitCode !== 0) throw new Error(`The workflow failed:\n${log}`)
  const [calls, exchanges, after, comments] = await Promise.all([aws.journal(), prefect.journal(), holdings(sandbox), pullRequest.comments()])
  if (calls.length === 0 || exchanges.length === 0) throw new Error(`The workflow did not get as far as AWS and Prefect:\n${log}`)
  console.log(`${pullRequest.event().sha.slice(0, 7)}: ${comments.map(({ id, updated_at: at }) => `comment ${id}, last edited at ${at}`).join('; ')}`)
  return {
    comments,
    writes: [
      ...calls.filter(({ service, write }) => write && service !== 'registry').map(({ operation }) => operation),
      ...exchanges.filter(isPrefectWrite).map(({ method, path }) => `${method} ${path}`),
      ...(before.deployments === after.deployments ? [] : ['the deployments of the Prefect server are others']),
    ],
    pushes: [
      ...calls.filter(({ service, write }) => write && service === 'registry').map(({ operation, path }) => `${operation} ${path ?? ''}`),
      ...(before.images === after.images ? [] : ['the registry holds other images']),
    ],
  }
}

/** What the Prefect server and the registry hold, as text to compare. */
async function holdings(sandbox: Sandbox): Promise<{ readonly deployments: string; readonly images: string }> {
  const [deployments, { repositories }] = await Promise.all([
    sandbox.prefectRequest('POST', '/deployments/filter', { sort: 'NAME_ASC' }), sandbox.aws.state(),
  ])
  return { deployments: JSON.stringify(deployments), images: JSON.stringify(repositories.map(({ repositoryName, tags }) => [repositoryName, tags])) }
}

/** The comment is the same one each time, left alone when its commit was planned already, edited for a newer one. */
function wrongWith([first, again, newer]: readonly Run[]): string[] {
  const [one, two, three] = [first, again, newer].map((run) => run?.comments[0])
  return [
    ...(one?.id === two?.id && two?.id === three?.id ? [] : ['the comment was written anew instead of edited']),
    ...(one?.updated_at === two?.updated_at ? [] : ['the comment was edited although nothing had changed']),
    ...(two?.updated_at === three?.updated_at ? ['the comment was not edited for the newer commit'] : []),
    ...[first, again, newer].flatMap((run) => [...(run?.writes ?? []), ...(run?.pushes ?? [])]),
  ]
}
