import { joinWorker } from '../rollouts/play.ts'
import { pushEvent, repositoryDispatchEvent, scheduleEvent } from '../runner/event.ts'
import { account, family, service, workPool } from '../scene.ts'
import { edit } from '../workspace.ts'
import { allowCreation, arnOf, createExampleRoles } from './account.ts'
import { deploymentsOn, liveImage, newestContainer, pushedImages, storedCode } from './holdings.ts'
import { addBuildFolder, moveToPool, projects, splitIntoProjects, useCodeInS3 } from './projects.ts'
import { hasQuickStart, prepareQuickStart } from './quick-start.ts'
import type { Scene, Stage } from './scene.ts'
import { unless } from './scene.ts'

const push = { title: 'push', event: () => 'push' as const, writes: true }
const plan = { title: 'pull request', event: () => 'pull_request' as const, writes: false }
const sameImage = { title: 'the same image by hand', event: byHand, inputs: onlyLiveImage, writes: false }
const WAREHOUSE_SECRET = `arn:aws:secretsmanager:${account.region}:${account.id}:secret:warehouse-AbCdEf`

const NEW_REPOSITORY = 'team/flows'

/** How each of examples/workflows is tried, by its file, and blocks of pages that are no short form of deploy.yml. */
export const scenes: Readonly<Record<string, Scene>> = {
  'deploy.yml': {
    runs: [{ ...plan, skipped: ['announce'] }, push, sameImage],
  },
  'README-1.yml': {
    prepare: prepareQuickStart,
    runs: [plan, { ...push, wrong: hasQuickStart }, sameImage],
  },
  'plan.yml': {
    prepare: async (stage) => ({ image: await release(stage) }),
    runs: [
      { ...plan, skipped: ['drift'] },
      { title: 'nightly, nothing changed', event: () => scheduleEvent(), writes: false, skipped: ['drift'] },
      { title: 'nightly, a deployment changed by hand', event: driftEvent, writes: false, red: ['drift'] },
    ],
  },
  'rollback.yml': {
    prepare: releaseTwice,
    runs: [
      { title: 'the first image, only planned', event: byHand, inputs: (stage) => ({ ...onlyImage(stage), 'plan-only': 'true' }), writes: false },
      { title: 'the first image', event: byHand, inputs: (stage) => ({ ...onlyImage(stage), 'plan-only': 'false' }), writes: true, wrong: hasFirstImage },
      { title: 'rolled back', event: byHand, inputs: () => ({ 'rollback-to': 'previous', 'plan-only': 'false' }), writes: true },
    ],
  },
  'environments.yml': {
    other: {},
    prepare: (stage) => createExampleRoles(stage.sandbox).then(() => ({})),
    vars: environmentVariables,
    secrets: ({ sandbox: { endpoints: { cloud } } }) => ({
      STAGING_PREFECT_API_KEY: 'key-that-a-server-without-keys-ignores',
      PRODUCTION_PREFECT_API_KEY: cloud.apiKey, PRODUCTION_PREFECT_PLAN_API_KEY: cloud.apiKey,
    }),
    runs: [{ ...push, wrong: hasBothEnvironments }],
  },
  'monorepo.yml': {
    prepare: async ({ sandbox, workspace }) => {
      splitIntoProjects(workspace)
      await createExampleRoles(sandbox, { families: projects })
      return {}
    },
    runs: [plan, { ...push, wrong: hasBothProjects }],
  },
  'self-hosted.yml': {
    other: { authString: 'admin:password-of-a-server-of-our-own', csrf: true },
    vars: ({ other }) => ({ PREFECT_API_URL: other.apiUrl }),
    secrets: ({ other }) => ({
      PREFECT_API_AUTH_STRING: other.authString ?? '', PREFECT_HEADERS: JSON.stringify({ 'X-Access-Token': 'token-of-an-access-proxy' }),
    }),
    runs: [push],
  },
  'ambient-credentials.yml': { runs: [push] },
  'image-built-elsewhere.yml': {
    prepare: async (stage) => {
      const image = await release(stage)
      edit(stage.workspace, 'prefect.yaml', "Today's orders, every hour.", "Today's orders, once an hour.")
      return { image }
    },
    runs: [{
      title: 'another pipeline', event: ({ facts }) => repositoryDispatchEvent('flows-image', { image: facts.image ?? '' }), writes: true,
      wrong: async (stage) => unless((await liveImage(stage)) === stage.facts.image, 'the task definition has another image'),
    }],
  },
  'code-in-s3.yml': {
    prepare: ({ workspace }) => useCodeInS3(workspace),
    runs: [{ ...push, wrong: async (stage) => unless((await storedCode(stage)).includes('flows/flows/report.py'), 'the code is not in the bucket') }],
  },
  'work-pool.yml': { prepare: ({ workspace }) => moveToPool(workspace, 'flows'), runs: [push] },
  'build-settings.yml': {
    hasBuilder: true,
    prepare: async ({ sandbox, workspace }) => {
      await allowCreation(sandbox, NEW_REPOSITORY)
      return addBuildFolder(workspace)
    },
    vars: () => ({ BASE_IMAGE_MONTH: '2026-11' }),
    secrets: () => ({ PIP_TOKEN: 'pip-token-of-a-private-index' }),
    runs: [{ ...push, wrong: hasTaggedImage }],
  },
  'task-settings.yml': {
    prepare: async ({ sandbox }) => {
      await sandbox.aws.createSecret({ arn: WAREHOUSE_SECRET, value: 'password-of-the-warehouse' })
      return {}
    },
    vars: () => ({ WAREHOUSE_SECRET_ARN: WAREHOUSE_SECRET }),
    runs: [{ ...push, wrong: hasTaskSettings, meanwhile: ({ sandbox }, over) => joinWorker(sandbox, { service, pool: workPool, revision: `${service}:2` }, over) }],
  },
}

function byHand() {
  return 'workflow_dispatch' as const
}

function onlyImage({ facts }: Stage) {
  return { image: digestOf(facts.image ?? '') }
}

async function onlyLiveImage(stage: Stage) {
  return { image: digestOf((await liveImage(stage)) ?? '') }
}

/** @returns the released image, `repository@sha256:…`. */
async function release({ sandbox, workspace }: Stage): Promise<string> {
  const step = await sandbox.run({ workspace, event: pushEvent() })
  if (step.exitCode !== 0) throw new Error(`The release before the example failed:\n${step.log}`)
  return step.outputs.image ?? ''
}

async function releaseTwice(stage: Stage) {
  const image = await release(stage)
  edit(stage.workspace, 'flows/report.py', '\n\n\n', '\n\n\nREVISION = 2\n\n\n')
  return { image, second: await release(stage) }
}

async function hasFirstImage(stage: Stage) {
  return unless((await liveImage(stage)) === stage.facts.image, 'the first image is not live')
}

async function driftEvent({ sandbox }: Stage) {
  const { id } = (await sandbox.prefectRequest('GET', '/deployments/name/sales-report/report-daily')) as { id: string }
  await sandbox.prefectRequest('PATCH', `/deployments/${id}`, { tags: ['by-hand'] })
  return scheduleEvent()
}

function environmentVariables({ sandbox: { endpoints: { cloud } }, other }: Stage) {
  return {
    STAGING_DEPLOY_ROLE: arnOf('staging'), STAGING_ACCOUNT_ID: account.id, STAGING_PREFECT_API_URL: other.apiUrl,
    PRODUCTION_PLAN_ROLE: arnOf('drift'), PRODUCTION_DEPLOY_ROLE: arnOf('production'), PRODUCTION_ACCOUNT_ID: account.id,
    PRODUCTION_PREFECT_API_URL: cloud.apiUrl,
  }
}

async function hasBothEnvironments(stage: Stage) {
  const [staging, production] = [await deploymentsOn(stage.other), await deploymentsOn(ownServer(stage))]
  return [
    ...unless(staging.length === 7 && production.length === 7, `staging has ${staging.length} deployments, production ${production.length}`),
    ...unless((await pushedImages(stage)) === 1, 'staging and production have different images'),
  ]
}

async function hasBothProjects(stage: Stage) {
  const names = await deploymentsOn(ownServer(stage))
  return unless(names.length === 5 && (await pushedImages(stage)) === 2, `released: ${names.join(', ')}`)
}

async function hasTaggedImage(stage: Stage) {
  const { repositories } = await stage.sandbox.aws.state()
  const { tags = {}, lifecyclePolicy } = repositories.find(({ repositoryName }) => repositoryName === NEW_REPOSITORY) ?? {}
  const image = await liveImage(stage)
  const tagged = Object.entries(tags).filter(([tag]) => tag.startsWith('commit-')).map(([, digest]) => digest)
  return [
    ...unless(lifecyclePolicy !== undefined, 'the repository was not created'),
    ...unless(tagged.length === 1 && image?.endsWith(`@${tagged[0] ?? ''}`) === true, 'the live image has no tag of its commit'),
  ]
}

async function hasTaskSettings(stage: Stage) {
  const [flow, worker] = [await newestContainer(stage, family, 'prefect'), await newestContainer(stage, service, service)]
  return [
    ...unless(flow?.environment?.some(({ name, value }) => name === 'SHOP_STAGE' && value === 'production') === true, 'flow runs lack the variable'),
    ...unless(flow?.secrets?.some(({ valueFrom }) => valueFrom === WAREHOUSE_SECRET) === true, 'flow runs lack the secret'),
    ...unless(worker?.image !== undefined && worker.image === flow?.image, 'the worker does not run the flow image'),
  ]
}

function ownServer({ sandbox: { endpoints: { prefect } } }: Stage) {
  return { apiUrl: prefect.directUrl }
}

function digestOf(image: string): string {
  return image.slice(image.indexOf('@') + 1)
}
