import { serveApi } from './api.ts'
import { serveControl } from './control-server.ts'
import { imageOperations } from './ecr/images.ts'
import { KeptLayers } from './ecr/kept-layers.ts'
import { layerOperations } from './ecr/layers.ts'
import { serveRegistry } from './ecr/proxy.ts'
import { putImageOperations } from './ecr/put-image.ts'
import { repositoryOperations } from './ecr/repositories.ts'
import { DockerRunner } from './ecs/docker-runner.ts'
import { Engine } from './ecs/engine.ts'
import { ecsOperations } from './ecs/operations.ts'
import { simulatedRunner } from './ecs/task-runner.ts'
import { logsOperations } from './logs.ts'
import { close, listen } from './loopback.ts'
import { loadModel } from './models.ts'
import { isS3Request, serveS3 } from './s3/serve.ts'
import { sqsOperations } from './sqs.ts'
import { stsOperations } from './sts.ts'
import { createWorld } from './world.ts'

export type SimulatorOptions = {
  /** Default: a free port. */
  readonly port?: number
  /** Folder of botocore's data (`site-packages/botocore/data`): its models are the oracle. */
  readonly models: string
  /** `host:port` of the real OCI registry behind ECR: plain HTTP, without login. */
  readonly registry: string
  /** GitHub's OIDC issuer: what tokens name as `iss`, and where its keys are fetched from. */
  readonly issuer: { readonly url: string; readonly jwksUrl: string }
  /** DOCKER_HOST for tasks that really run; absent: tasks are only simulated. */
  readonly docker?: { readonly host: string }
  readonly accountId?: string
  readonly region?: string
}

export interface AwsSimulator {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string
  /** `host:port` of ECR's registry. */
  readonly ecrHost: string
  stop(): Promise<void>
}

/** Starts STS, ECR, ECS, S3, CloudWatch Logs and SQS of one AWS account on loopback. */
export async function startAws(options: SimulatorOptions): Promise<AwsSimulator> {
  const { port = 0, models: folder, registry, issuer, docker, accountId: id = '123456789012', region = 'eu-central-1' } = options
  const models = Object.fromEntries(['sts', 'ecr', 'ecs', 'logs', 'sqs', 's3'].map((service) => [service, loadModel(folder, service)]))
  const runner = docker === undefined ? simulatedRunner : new DockerRunner(new Engine(docker.host))
  const kept = new KeptLayers()
  const ecr = await listen(0, (exchange) => serveRegistry(world, kept, exchange))
  const account = { id, region, ecrHost: ecr.host }
  let world = createWorld(account, registry)
  const operations = {
    sts: stsOperations(issuer),
    ecr: { ...repositoryOperations, ...imageOperations, ...putImageOperations, ...layerOperations },
    ecs: ecsOperations(runner),
    logs: logsOperations,
    sqs: sqsOperations,
  }
  const reset = async () => {
    await runner.dispose()
    world = createWorld(account, registry)
  }
  const api = await listen(port, (exchange) => {
    if (exchange.request.url?.startsWith('/_control/') === true) return serveControl({ world, models, reset }, exchange)
    return isS3Request(exchange.request) ? serveS3(models.s3, world, exchange) : serveApi({ models, operations }, world, exchange)
  })
  return {
    url: `http://${api.host}`,
    ecrHost: ecr.host,
    async stop() {
      await runner.dispose()
      await Promise.all([close(api.server), close(ecr.server)])
    },
  }
}
