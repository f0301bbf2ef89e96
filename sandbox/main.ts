/** `npm run sandbox`: keeps the sandbox up until Ctrl-C, and says where everything is. */
import { once } from 'node:events'
import { sampleInputs, workerEnvironment } from './connect.ts'
import { pushEvent } from './runner/event.ts'
import { startStack } from './stack.ts'

console.log('Starting the sandbox …')
const stack = await startStack()
const { aws, cloud, docker, folder, github, oidc, prefect, registry } = stack.endpoints
const worker = await workerEnvironment(stack.endpoints)

print({
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
console.log('\nInputs for the sample project (examples/project):')
print(sampleInputs(stack.endpoints, pushEvent()))
console.log('\nFor a shell:')
for (const [name, value] of Object.entries(shellVariables())) console.log(`export ${name}='${value}'`)
console.log('\nCtrl-C ends it.')

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
console.log('Stopping …')
await stack.stop()

function print(table: Readonly<Record<string, string>>): void {
  const width = Math.max(...Object.keys(table).map((name) => name.length))
  for (const [name, value] of Object.entries(table)) console.log(`  ${name.padEnd(width)}  ${value}`)
}

function shellVariables(): Record<string, string> {
  return {
    DOCKER_HOST: docker.host,
    ...worker,
    PREFECT_API_URL: prefect.apiUrl,
    SANDBOX: JSON.stringify(stack.endpoints),
  }
}
