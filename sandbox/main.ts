/** `npm run sandbox`: keeps the sandbox up until Ctrl-C, and says where everything is. */
import { once } from 'node:events'
import { sampleInputs, workerEnvironment } from './connect.ts'
import { pushEvent } from './runner/event.ts'
import { startStack } from './stack.ts'

console.log('Starting the sandbox …')
const stack = await startStack()
const { aws, cloud, docker, folder, github, oidc, prefect, registry } = stack.endpoints
const worker = await workerEnvironment(stack.endpoints)

console.table({
  'Prefect API': prefect.directUrl,
  'Prefect API, recorded': prefect.apiUrl,
  'Prefect API as in Cloud': cloud.apiUrl,
  'AWS endpoint': aws.url,
  'ECR': aws.ecrHost,
  'registry behind ECR': registry.host,
  'GitHub API': github.apiUrl,
  'GitHub OIDC issuer': oidc.issuer,
  'container engine': docker.host,
  'data and logs': folder,
})
console.log('Inputs for the sample project (examples/project):')
for (const [name, value] of Object.entries(sampleInputs(stack.endpoints, pushEvent()))) console.log(`  ${name}: ${value}`)
console.log('\nFor a shell:')
for (const [name, value] of Object.entries(shellVariables())) console.log(`export ${name}='${value}'`)
console.log('\nCtrl-C ends it.')

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await stack.stop()

function shellVariables(): Record<string, string> {
  return {
    DOCKER_HOST: docker.host,
    ...worker,
    PREFECT_API_URL: prefect.apiUrl,
    SANDBOX: JSON.stringify(stack.endpoints),
  }
}
